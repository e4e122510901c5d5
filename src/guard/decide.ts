import type { FreeformQuestion, TemplateQuestion } from '../bird/send/parsed-send.js';
import { decideFreeform } from '../core/freeform.js';
import { toInstant } from '../core/instant.js';
import { own } from '../core/own.js';
import { platformRow } from '../core/platforms.js';
import { isDateRefuted, isDoubted, noEvidence } from '../core/service-window.js';
import type { AllowDecision, ContactInput, Decision, UnknownReason } from '../core/types.js';
import { LookupError } from '../errors.js';
import { contactOf, type Reader } from '../lookup/remembered.js';
import type { WindowAnswer } from '../lookup/window-cache.js';
import type { ChannelFacts, ChannelRef } from '../ports.js';
import type { Circumstances } from './circumstances.js';
import type { SourcedDecision } from './outcome.js';
import type { Policy } from './policy.js';
import { templateFromMemory, templateWithBird } from './template.js';

/** Decides without I/O and without a promise; `undefined` where Bird must be asked. Never denies. */
export function decideFromMemory(
  question: FreeformQuestion | TemplateQuestion,
  circumstances: Circumstances,
): SourcedDecision | undefined {
  const { workspace, policy, now } = circumstances;
  if (question.kind === 'template') return templateFromMemory(question, circumstances, decideFromMemory);
  const facts = workspace.channels.recallFresh(question.channelId);
  if (facts === undefined) return undefined;
  const evidence = typeof question.target === 'string' ? undefined : workspace.windows.recallFor(question.target);
  if (evidence instanceof Promise) return undefined;
  const contact =
    evidence === undefined || isDoubted(evidence)
      ? nothingKnown
      : contactOf(evidence, now(), readerOf(question, facts));
  const decision = judge(question, facts, contact, { policy, at: now(), marginMs: policy.safetyMarginMs });
  if (decision.verdict === 'allow') return { decision: withTrueEnd(decision, policy), source: 'memory' };
  return decision.verdict === 'unknown' ? unanswerable(question, decision) : undefined;
}

/**
 * Decides with Bird's help: what memory does not allow is asked for, and only a read that started after the call
 * denies.
 *
 * @throws {LookupError}
 */
export async function decideWithBird(
  question: FreeformQuestion | TemplateQuestion,
  circumstances: Circumstances,
): Promise<SourcedDecision> {
  if (question.kind === 'template') {
    return templateWithBird(question, circumstances, { channelFacts, decide: decideWithBird });
  }
  const { workspace, policy, now } = circumstances;
  const { target } = question;
  const judgedAt = (): number => (typeof question.sendAt === 'number' ? Math.max(question.sendAt, now()) : now());
  const { facts, source } = await channelFacts(question, circumstances, (facts) => isUsable(facts, judgedAt()));
  const onChannel = judge(question, facts, nothingKnown, { policy, at: now(), marginMs: 0 });
  if (onChannel.verdict !== 'unknown') return { decision: onChannel, source };
  if (typeof target === 'string') return { decision: { verdict: 'unknown', reason: target }, source: 'none' };

  const known = (await workspace.windows.recallFor(target)) ?? noEvidence;
  const evidence = isDoubted(known) ? noEvidence : known;
  const { safetyMarginMs: marginMs, deadlineMs } = policy;
  const windowMs = windowMsOf(facts);
  const remembered = judge(question, facts, contactOf(evidence, now(), readerOf(question, facts)), {
    policy,
    at: now(),
    marginMs,
  });
  if (remembered.verdict === 'allow') return { decision: withTrueEnd(remembered, policy), source: 'memory' };

  // A fresh answer is taken as it is: the margin is for what may have changed since.
  const decide = (contact: WindowAnswer, at = now()): Decision =>
    unlessDoubted(judge(question, facts, contact, { policy, at, marginMs: 0 }), contact);
  const notFoundIsClosed = policy.onContactNotFound === 'closed';
  const options = { deadlineMs, trustMs: trustMsOf(facts), windowMs, notFoundIsClosed };
  const read = (): Promise<WindowAnswer> =>
    workspace.windows.read(target, options, (answer) => decide(answer).verdict === 'allow');
  // Bird's answer may say another time than its answers before: which is right, the next one tells.
  const isTimeUnsure = (contact: WindowAnswer): boolean => {
    const at = workspace.suddenNow();
    return at !== undefined && decide(contact).verdict !== decide(contact, at).verdict;
  };
  const first = await read();
  const contact = isTimeUnsure(first) ? await read() : first;
  if (isTimeUnsure(contact)) return { decision: { verdict: 'unknown', reason: 'window_unknown' }, source: 'bird' };
  const decision = inDoubt(decide(contact), contact, { facts, at: now(), isHuman: question.isHuman });
  return { decision: withinTrust(decision, now() + options.trustMs), source: 'bird' };
}

/** An end means the same wherever it comes from: the window's own, without the margin that memory keeps from it. */
function withTrueEnd(decision: AllowDecision, { safetyMarginMs }: Policy): AllowDecision {
  if (decision.validUntil === null || safetyMarginMs === 0) return decision;
  return { ...decision, validUntil: decision.validUntil + safetyMarginMs };
}

/** Bird's word is believed now, but for no longer than the platform's windows last. */
function withinTrust(decision: Decision, trustedUntil: number): Decision {
  if (decision.verdict !== 'allow' || decision.validUntil === null) return decision;
  return decision.validUntil > trustedUntil ? { ...decision, validUntil: trustedUntil } : decision;
}

/** Bird's null lifts no doubt about an opening that is remembered, and the doubt makes no denial of it. */
function unlessDoubted(decision: Decision, { isInDoubt }: WindowAnswer): Decision {
  return isInDoubt && decision.verdict === 'allow' ? { verdict: 'unknown', reason: 'window_unknown' } : decision;
}

/** Bird says closed, but the contact was just seen to write, from an address that may be this one: not known, then. */
function inDoubt(
  decision: Decision,
  { contactWroteAt }: WindowAnswer,
  { facts, at, isHuman }: { readonly facts: ChannelFacts; readonly at: number; readonly isHuman: boolean },
): Decision {
  const isClosed = decision.verdict === 'deny' && decision.reason === 'service_window_closed';
  const lastsMs = isHuman ? longestWindowMs(facts) : windowMsOf(facts);
  const isDoubtful = isClosed && contactWroteAt !== undefined && at < contactWroteAt + lastsMs;
  return isDoubtful ? { verdict: 'unknown', reason: 'address_unresolved' } : decision;
}

/** The channel's facts: fresh ones from memory where they do not deny, else Bird's, else older ones in an outage. */
async function channelFacts(
  { workspaceId, channelId }: ChannelRef,
  { workspace, policy }: Circumstances,
  isUsable: (facts: ChannelFacts) => boolean,
): Promise<{ readonly facts: ChannelFacts; readonly source: 'memory' | 'bird' }> {
  const fresh = workspace.channels.recallFresh(channelId);
  if (fresh !== undefined && isUsable(fresh)) return { facts: fresh, source: 'memory' };
  const older = workspace.channels.recall(channelId);
  const fallback = older !== undefined && isUsable(older) ? older : undefined;
  // With something to fall back on, time is left for the window.
  const deadlineMs = fallback === undefined ? policy.deadlineMs : policy.deadlineMs / 2;
  try {
    const facts = await workspace.channels.read({ workspaceId, channelId }, deadlineMs, isUsable);
    return { facts, source: 'bird' };
  } catch (error) {
    const isGone = error instanceof LookupError && error.code === 'channel_not_found';
    if (fallback === undefined || isGone) throw error;
    return { facts: fallback, source: 'memory' };
  }
}

const nothingKnown: ContactInput = Object.freeze(Object.create(null));

interface Measure {
  readonly policy: Policy;
  readonly at: number;
  readonly marginMs: number;
}

function judge(question: FreeformQuestion, facts: ChannelFacts, contact: ContactInput, measure: Measure): Decision {
  const { policy, at: now, marginMs } = measure;
  const { sendAt, isHuman } = question;
  const trusted = policy.trustPermanentSession ? contact : { ...contact, isPermanentSession: false };
  const at = typeof sendAt === 'number' ? Math.max(sendAt, now) : now;
  const decision = decideFreeform(facts, at > now ? withoutRefutedDate(trusted, facts, now) : trusted, {
    at,
    safetyMarginMs: marginMs,
    sender: isHuman ? 'human' : 'automation',
  });
  // Open now says nothing about an instant that cannot be read.
  const isUncertain = sendAt === 'unreadable' && decision.verdict === 'allow' && decision.validUntil !== null;
  return isUncertain ? { verdict: 'unknown', reason: 'unclassified_message' } : decision;
}

/** A date that is refuted now stays so for an instant to come: no message of the time between is known that explains it. */
function withoutRefutedDate(contact: ContactInput, facts: ChannelFacts, now: number): ContactInput {
  const end = toInstant(contact.serviceWindowExpireAt);
  const isRefuted = isDateRefuted(end, toInstant(contact.refusedAt), windowMsOf(facts), now);
  return isRefuted ? { ...contact, serviceWindowExpireAt: undefined } : contact;
}

/** What no read can answer is said at once. */
function unanswerable(
  { target }: FreeformQuestion,
  { reason }: { readonly reason: UnknownReason },
): SourcedDecision | undefined {
  if (reason === 'unclassified_message') return { decision: { verdict: 'unknown', reason }, source: 'none' };
  if (typeof target !== 'string') return undefined;
  return { decision: { verdict: 'unknown', reason: target }, source: 'none' };
}

function isUsable(facts: ChannelFacts, at: number): boolean {
  return decideFreeform(facts, {}, { at }).verdict !== 'deny';
}

const DAY_MS = 86_400_000;

function readerOf({ target }: FreeformQuestion, facts: ChannelFacts): Reader {
  return { windowMs: windowMsOf(facts), contactId: typeof target === 'string' ? undefined : target.contactId };
}

function windowMsOf({ platformId }: ChannelFacts): number {
  return platformRow(platformId, undefined)?.window?.durationMs ?? 0;
}

/** How long an opening may be remembered: never longer than the platform's own windows last. */
function trustMsOf(facts: ChannelFacts): number {
  const longestMs = longestWindowMs(facts);
  return Number.isFinite(longestMs) ? longestMs : DAY_MS;
}

/** The human's window where there is one. */
function longestWindowMs({ platformId }: ChannelFacts): number {
  const window = platformRow(platformId, undefined)?.window;
  const humanAgentMs = own(window, 'humanAgentMs');
  return typeof humanAgentMs === 'number' ? humanAgentMs : (window?.durationMs ?? DAY_MS);
}
