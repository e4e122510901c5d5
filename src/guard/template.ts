import { asFreeform, type FreeformQuestion, type TemplateQuestion } from '../bird/send/parsed-send.js';
import { maySend } from '../core/channel-availability.js';
import { own } from '../core/own.js';
import { platformRow } from '../core/platforms.js';
import { LookupError } from '../errors.js';
import type { ChannelFacts } from '../ports.js';
import type { Circumstances } from './circumstances.js';
import type { SourcedDecision } from './outcome.js';

/** A template needs no window where the platform has templates. */
export const templatePasses: SourcedDecision = {
  decision: { verdict: 'allow', reason: 'template', validUntil: null },
  source: 'none',
};

const inactive: SourcedDecision = {
  decision: { verdict: 'deny', reason: 'channel_inactive', closedAt: null },
  source: 'bird',
};

/** What a template has in common with free text, and the rest of the decision knows. */
export interface TemplateSupport {
  channelFacts(
    ref: { readonly workspaceId: string; readonly channelId: string },
    circumstances: Circumstances,
    isUsable: (facts: ChannelFacts) => boolean,
  ): Promise<{ readonly facts: ChannelFacts }>;
  /** @throws {LookupError} */
  decide(question: FreeformQuestion, circumstances: Circumstances): Promise<SourcedDecision>;
}

/** Decides from memory; `undefined` where the channel is not known, or where only a fresh read may stop the template. */
export function templateFromMemory(
  question: TemplateQuestion,
  circumstances: Circumstances,
  decide: (question: FreeformQuestion, circumstances: Circumstances) => SourcedDecision | undefined,
): SourcedDecision | undefined {
  const { workspaceId, channelId } = question;
  if (workspaceId === undefined || channelId === undefined) return templatePasses;
  const facts = circumstances.workspace.channels.recall(channelId);
  if (facts === undefined || !isActive(facts)) return undefined;
  if (!isFreeText(facts)) return templatePasses;
  const freeform = asFreeform(question);
  const judgement = freeform && decide(freeform, circumstances);
  return judgement?.decision.verdict === 'allow' ? judgement : undefined;
}

/**
 * Decides with Bird's help. A template is stopped only by a fresh read that says that the channel is inactive; what cannot be
 * read about its channel lets it pass.
 */
export async function templateWithBird(
  question: TemplateQuestion,
  circumstances: Circumstances,
  { channelFacts, decide }: TemplateSupport,
): Promise<SourcedDecision> {
  const { workspaceId, channelId } = question;
  if (workspaceId === undefined || channelId === undefined) return templatePasses;
  const { workspace, policy } = circumstances;
  // In an outage the template has to pass before the decision is out of time.
  const patient = { ...circumstances, policy: { ...policy, deadlineMs: policy.deadlineMs / 2 } };
  const read = await unlessFailed(channelFacts({ workspaceId, channelId }, patient, isActive));
  if (read !== undefined && !isActive(read.facts)) return inactive;
  const facts = read?.facts ?? workspace.channels.recall(channelId);
  if (facts === undefined || !isFreeText(facts)) return templatePasses;
  const freeform = asFreeform(question);
  const judgement = freeform && (await unlessFailed(decide(freeform, patient)));
  if (judgement !== undefined && stands(judgement)) return judgement;
  return { decision: { verdict: 'unknown', reason: 'template_unsupported' }, source: judgement?.source ?? 'none' };
}

/** Whether what was decided about the free text is what counts for the template. */
function stands({ decision }: SourcedDecision): boolean {
  return decision.verdict === 'allow' || decision.reason === 'channel_inactive';
}

/** Whether something is remembered of a template's channel, however old. */
export function isChannelKnown(
  { channelId }: TemplateQuestion,
  workspace: Circumstances['workspace'] | 'unknown' | undefined,
): boolean {
  const isAskable = typeof workspace === 'object' && channelId !== undefined;
  return isAskable && workspace.channels.recall(channelId) !== undefined;
}

function isActive({ status }: ChannelFacts): boolean {
  return maySend(status) !== false;
}

/** Whether a template leaves as free text, which needs a window: the platform has one, and no templates. */
function isFreeText({ platformId }: ChannelFacts): boolean {
  const row = platformRow(platformId, undefined);
  return row !== undefined && row.window !== null && own(row, 'hasTemplates') !== true;
}

async function unlessFailed<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof LookupError) return undefined;
    throw error;
  }
}
