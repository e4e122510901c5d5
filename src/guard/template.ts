import { asFreeform, type TemplateSend } from '../bird/send/parsed-send.js';
import { maySend } from '../core/channel-availability.js';
import { own } from '../core/own.js';
import { platformRow } from '../core/platforms.js';
import type { WindowEvidence } from '../core/service-window.js';
import { LookupError } from '../errors.js';
import type { Patience } from '../lookup/patience.js';
import { isOptedOut } from '../lookup/remembered.js';
import type { ChannelFacts } from '../ports.js';
import type { FreeformCase, TemplateCase } from './case.js';
import { findChannel } from './channel-facts.js';
import { optedOut } from './opt-out.js';
import { type SourcedDecision, undecided } from './outcome.js';
import type { Workspace } from './workspaces/workspace.js';

/** A template needs no window where the platform has templates. */
export const templatePasses: SourcedDecision = {
  decision: { verdict: 'allow', reason: 'template', validUntil: null },
  source: 'none',
  channel: undefined,
};

const inactive: SourcedDecision = {
  decision: { verdict: 'deny', reason: 'channel_inactive', closedAt: null },
  source: 'bird',
  channel: undefined,
};

type FreeformDecision = (open: FreeformCase, patience: Patience) => Promise<SourcedDecision>;

/**
 * Decides from memory; `undefined` where the channel is not known, or where only a fresh read may stop the template.
 */
export function templateFromMemory(
  open: TemplateCase,
  decide: (open: FreeformCase) => SourcedDecision | undefined,
): SourcedDecision | undefined {
  const { parsed, workspace, policy } = open;
  if (parsed.workspaceId === undefined || parsed.channelId === undefined) return templatePasses;
  const isStopped = policy.optedOutBlocksTemplates && hasOptedOut(open);
  if (isStopped !== false) return isStopped === true ? stopped : undefined;
  const facts = workspace.channels.recall(parsed.channelId);
  if (facts === undefined || !isActive(facts)) return undefined;
  if (!isFreeText(facts)) return templatePasses;
  const freeform = asFreeform(parsed);
  const decided = freeform && decide({ ...open, parsed: freeform });
  return decided?.decision.verdict === 'allow' ? decided : undefined;
}

/**
 * Decides with Bird's help. A template is stopped only by a fresh read that says that the channel is inactive; what
 * cannot be read about its channel lets it pass.
 *
 * @param patience so short that in an outage the template passes before the decision is out of time
 */
export async function templateWithBird(
  open: TemplateCase,
  patience: Patience,
  decide: FreeformDecision,
): Promise<SourcedDecision> {
  const { parsed, workspace, policy } = open;
  const { workspaceId, channelId } = parsed;
  if (workspaceId === undefined || channelId === undefined) return templatePasses;
  if (policy.optedOutBlocksTemplates && (await hasOptedOut(open))) return stopped;
  const found = await unlessFailed(findChannel({ workspaceId, channelId }, workspace, patience, isActive));
  if (found !== undefined && !isActive(found.facts)) return inactive;
  const facts = found?.facts ?? workspace.channels.recall(channelId);
  if (facts === undefined || !isFreeText(facts)) return templatePasses;
  const freeform = asFreeform(parsed);
  const decided = freeform && (await unlessFailed(decide({ parsed: freeform, workspace, policy }, patience)));
  if (decided !== undefined && stands(decided)) return decided;
  return { ...undecided('template_unsupported'), source: decided?.source ?? 'none' };
}

const stopped: SourcedDecision = { ...optedOut, source: 'memory' };

/** Whether an opt-out of the contact was observed. */
function hasOptedOut({ parsed, workspace }: TemplateCase): boolean | Promise<boolean> {
  const target = asFreeform(parsed)?.target;
  if (target === undefined || typeof target === 'string') return false;
  const evidence = workspace.windows.recallFor(target);
  return evidence instanceof Promise ? evidence.then(saysOptedOut) : saysOptedOut(evidence);
}

function saysOptedOut(evidence: WindowEvidence | undefined): boolean {
  return evidence !== undefined && isOptedOut(evidence);
}

/** Whether what was decided about the free text is what counts for the template. */
function stands({ decision }: SourcedDecision): boolean {
  return decision.verdict === 'allow' || decision.reason === 'channel_inactive';
}

/** Whether something is remembered of a template's channel, however old. */
export function isChannelKnown({ channelId }: TemplateSend, workspace: Workspace | 'unknown' | undefined): boolean {
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

async function unlessFailed<T>(asked: T | Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof LookupError) return undefined;
    throw error;
  }
}
