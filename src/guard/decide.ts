import type { FreeformSend } from '../bird/send/parsed-send.js';
import { decideFreeform } from '../core/freeform.js';
import { toInstant } from '../core/instant.js';
import { longestWindowMs, windowMs } from '../core/platforms.js';
import { isDoubted, isFarDate, type WindowEvidence } from '../core/service-window.js';
import type { AllowDecision, ContactInput, Decision, UnknownReason } from '../core/types.js';
import { halfOf, type Patience } from '../lookup/patience.js';
import { contactOf, isOptedOut } from '../lookup/remembered.js';
import type { WindowAnswer } from '../lookup/window-cache.js';
import type { ChannelFacts, WindowTarget } from '../ports.js';
import { type FreeformCase, isTemplateCase, type OpenCase } from './case.js';
import { findChannel } from './channel-facts.js';
import { type SourcedDecision, undecided } from './outcome.js';
import { templateFromMemory, templateWithBird } from './template.js';
import type { Policy } from './workspaces/policy.js';

/**
 * Decides without I/O and without a promise; `undefined` where Bird must be asked. Denies nobody but who has
 * opted out.
 *
 * @param localNow epoch ms by the guard's clock
 */
export function decideFromMemory(open: OpenCase, localNow: number): SourcedDecision | undefined {
  if (isTemplateCase(open)) return templateFromMemory(open, (freeform) => decideFromMemory(freeform, localNow));
  const { parsed, workspace, policy } = open;
  const channel = workspace.channels.recallFresh(parsed.channelId, localNow);
  if (channel === undefined) return undefined;
  const evidence = typeof parsed.target === 'string' ? undefined : workspace.windows.recallFor(parsed.target);
  if (evidence instanceof Promise) return undefined;
  const decision = applyToEvidence(open, channel, { evidence, at: workspace.timeAt(localNow) });
  if (decision.verdict === 'allow') return { decision: withTrueEnd(decision, policy), source: 'memory', channel };
  // Bird knows of no opt-out.
  if (decision.reason === 'opted_out') return { decision, source: 'memory', channel };
  return decision.verdict === 'unknown' ? unanswerable(parsed, decision) : undefined;
}

/**
 * What the store knows, of a channel that may have been read long ago; `undefined` where it does not allow. For those
 * who only look: a send is decided with fresh facts.
 */
export function decideFromStore(open: FreeformCase): Decision | undefined | Promise<Decision | undefined> {
  const { parsed, workspace } = open;
  const channel = workspace.channels.recall(parsed.channelId);
  if (channel === undefined || typeof parsed.target === 'string') return undefined;
  const decide = (evidence: WindowEvidence | undefined): Decision | undefined => {
    const decision = applyToEvidence(open, channel, { evidence, at: workspace.now() });
    return decision.verdict === 'allow' ? decision : undefined;
  };
  const evidence = workspace.windows.recallFor(parsed.target);
  return evidence instanceof Promise ? evidence.then(decide) : decide(evidence);
}

/**
 * Decides with Bird's help: what memory does not allow is asked for, and only a read that started after the call
 * denies.
 *
 * @throws {LookupError}
 */
export async function decideWithBird(open: OpenCase, patience: Patience): Promise<SourcedDecision> {
  if (isTemplateCase(open)) return templateWithBird(open, halfOf(patience), decideWithBird);
  const { parsed, workspace, policy } = open;
  const { target, sendAt } = parsed;
  const sentAt = (): number => (typeof sendAt === 'number' ? Math.max(sendAt, workspace.now()) : workspace.now());
  const isUsable = (facts: ChannelFacts): boolean => decideFreeform(facts, {}, { at: sentAt() }).verdict !== 'deny';
  const found = findChannel(parsed, workspace, patience, isUsable);
  const { facts: channel, source } = found instanceof Promise ? await found : found;
  const onChannel = applyRule(parsed, channel, nothingKnown, { policy, at: workspace.now(), marginMs: 0 });
  const isOnChannel = onChannel.verdict !== 'unknown';
  if (onChannel.verdict === 'deny' || (isOnChannel && typeof target === 'string')) {
    return { decision: onChannel, source, channel };
  }
  if (typeof target === 'string') return undecided(target);
  const recalled = workspace.windows.recallFor(target);
  const evidence = recalled instanceof Promise ? await recalled : recalled;
  const remembered = applyToEvidence(open, channel, { evidence, at: workspace.now() });
  if (remembered.reason === 'opted_out') return { decision: remembered, source: 'memory', channel };
  if (isOnChannel) return { decision: onChannel, source, channel };
  if (remembered.verdict === 'allow') return { decision: withTrueEnd(remembered, policy), source: 'memory', channel };
  return { decision: await askForWindow(open, { target, channel, patience }), source: 'bird', channel };
}

interface WindowQuestion {
  readonly target: WindowTarget;
  readonly channel: ChannelFacts;
  readonly patience: Patience;
}

/** @throws {LookupError} */
async function askForWindow(
  { parsed, workspace, policy }: FreeformCase,
  { target, channel, patience }: WindowQuestion,
): Promise<Decision> {
  const { now } = workspace;
  // A fresh answer is taken as it is: the margin is for what may have changed since.
  const decide = (contact: WindowAnswer, at = now()): Decision =>
    unlessDoubted(applyRule(parsed, channel, contact, { policy, at, marginMs: 0 }), contact);
  const options = {
    patience,
    trustMs: trustMsOf(channel),
    windowMs: windowMs(channel.platformId),
    trustsPermanentSession: policy.trustPermanentSession,
    notFoundIsClosed: policy.onContactNotFound === 'closed',
  };
  const read = (): Promise<WindowAnswer> =>
    workspace.windows.read(target, options, (answer) => decide(answer).verdict === 'allow');
  // Bird's answer may say another time than its answers before: which is right, the next one tells.
  const isTimeUnsure = (contact: WindowAnswer): boolean => {
    const at = workspace.suddenNow();
    return at !== undefined && decide(contact).verdict !== decide(contact, at).verdict;
  };
  const first = await read();
  const contact = isTimeUnsure(first) ? await read() : first;
  if (isTimeUnsure(contact)) return { verdict: 'unknown', reason: 'window_unknown' };
  const decision = inDoubt(decide(contact), contact, { channel, at: now(), isHuman: parsed.isHuman });
  return withinTrust(decision, now() + options.trustMs);
}

/** An end means the same wherever it comes from: the window's own, without the margin that memory keeps from it. */
function withTrueEnd(decision: AllowDecision, { safetyMarginMs }: Policy): AllowDecision {
  if (decision.validUntil === null || safetyMarginMs === 0) return decision;
  const { verdict, reason, validUntil } = decision;
  return { verdict, reason, validUntil: validUntil + safetyMarginMs };
}

/** Bird's answer is believed now, but for no longer than the platform's windows last. */
function withinTrust(decision: Decision, trustedUntil: number): Decision {
  if (decision.verdict !== 'allow' || decision.validUntil === null) return decision;
  return decision.validUntil > trustedUntil ? { ...decision, validUntil: trustedUntil } : decision;
}

/** Bird's null lifts no doubt about a remembered open window, and the doubt makes no denial of it. */
function unlessDoubted(decision: Decision, { isInDoubt }: WindowAnswer): Decision {
  return isInDoubt && decision.verdict === 'allow' ? { verdict: 'unknown', reason: 'window_unknown' } : decision;
}

/** Bird says closed, but the contact was just seen to write, from an address that may be this one: not known, then. */
function inDoubt(
  decision: Decision,
  { contactWroteAt }: WindowAnswer,
  { channel, at, isHuman }: { readonly channel: ChannelFacts; readonly at: number; readonly isHuman: boolean },
): Decision {
  const isClosed = decision.reason === 'service_window_closed';
  const lastsMs = isHuman ? longestWindowMs(channel.platformId) : windowMs(channel.platformId);
  const isDoubtful = isClosed && contactWroteAt !== undefined && at < contactWroteAt + lastsMs;
  return isDoubtful ? { verdict: 'unknown', reason: 'address_unresolved' } : decision;
}

const nothingKnown: ContactInput = Object.freeze(Object.create(null));

interface Measure {
  readonly policy: Policy;
  readonly at: number;
  readonly marginMs: number;
}

/** The rule on what is remembered of the window. What is doubted, or unknown, says nothing but of an opt-out. */
function applyToEvidence(
  { parsed, policy }: FreeformCase,
  channel: ChannelFacts,
  { evidence, at }: { readonly evidence: WindowEvidence | undefined; readonly at: number },
): Decision {
  const isKnown = evidence !== undefined && !isDoubted(evidence);
  const contactId = typeof parsed.target === 'string' ? undefined : parsed.target.contactId;
  const reader = { windowMs: windowMs(channel.platformId), contactId };
  const contact = isKnown ? contactOf(evidence, at, reader) : withoutWindow(evidence);
  return applyRule(parsed, channel, contact, { policy, at, marginMs: policy.safetyMarginMs });
}

function withoutWindow(evidence: WindowEvidence | undefined): ContactInput {
  return evidence !== undefined && isOptedOut(evidence) ? hasOptedOut : nothingKnown;
}

const hasOptedOut: ContactInput = Object.freeze({ __proto__: null, optedOut: true });

/** The pure rule on what is known of a send, at the instant when it leaves. */
function applyRule(
  { sendAt, isHuman }: FreeformSend,
  channel: ChannelFacts,
  contact: ContactInput,
  { policy, at: now, marginMs }: Measure,
): Decision {
  const trusted = policy.trustPermanentSession ? contact : { ...contact, isPermanentSession: false };
  const at = typeof sendAt === 'number' ? Math.max(sendAt, now) : now;
  const decision = decideFreeform(channel, at > now ? withoutRefutedDate(trusted, channel, now) : trusted, {
    at,
    safetyMarginMs: marginMs,
    sender: isHuman ? 'human' : 'automation',
  });
  // Open now says nothing about an instant that cannot be read.
  const isUncertain = sendAt === 'unreadable' && decision.verdict === 'allow' && decision.validUntil !== null;
  return isUncertain ? { verdict: 'unknown', reason: 'unclassified_message' } : decision;
}

/**
 * A far date that is refuted now stays so for an instant to come: no message of the time between is known that explains
 * it. Any other is kept: that it was refused while it was ahead says something of the longer window for humans too.
 */
function withoutRefutedDate(contact: ContactInput, { platformId }: ChannelFacts, now: number): ContactInput {
  const end = toInstant(contact.serviceWindowExpireAt);
  const isRefuted = toInstant(contact.refusedAt) !== undefined && isFarDate(end, windowMs(platformId), now);
  return isRefuted ? { ...contact, serviceWindowExpireAt: undefined } : contact;
}

/** What no read can answer is said at once. */
function unanswerable(
  { target }: FreeformSend,
  { reason }: { readonly reason: UnknownReason },
): SourcedDecision | undefined {
  if (reason === 'unclassified_message') return undecided(reason);
  return typeof target === 'string' ? undecided(target) : undefined;
}

const DAY_MS = 86_400_000;

/** How long an open window may be remembered: never longer than the platform's own windows last. */
function trustMsOf({ platformId }: ChannelFacts): number {
  const longestMs = longestWindowMs(platformId);
  return Number.isFinite(longestMs) ? longestMs : DAY_MS;
}
