import type { SendRequest } from '../../bird/send/send-request.js';
import {
  aBoolean,
  aFunction,
  isFunction,
  numberBetween,
  type OptionCheck,
  oneOf,
  oneOfOrFunction,
} from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import { doubtAbout } from '../../core/reroute/doubt.js';
import type { ReroutePolicy } from '../../core/reroute/policy.js';
import { toChannel } from '../../core/reroute/to-channel.js';
import { toTemplate } from '../../core/reroute/to-template.js';
import type { UnknownDecision } from '../../core/types.js';
import { holdUntilReply } from '../../held/hold-until-reply.js';
import type { LogOnce } from '../notices/log-once.js';

type UnknownAction = 'allow' | 'block' | 'reroute';

/**
 * What to do where the facts do not decide: an action, or a function that chooses one. The function is not awaited;
 * after an error `'allow'` applies.
 */
export type OnUnknown = UnknownAction | ((decision: UnknownDecision, send: SendRequest) => UnknownAction);

/**
 * What to do with a denied message: block it, or try reroute policies in order. `'block'`, or the end of the list,
 * blocks.
 */
export type OnClosed = 'block' | ReroutePolicy | readonly (ReroutePolicy | 'block')[];

/** What a workspace, or one of its channels, does with decisions. */
export interface PolicyOptions {
  /**
   * Whether decisions are enforced. `enforce` acts on them; `observe` decides and reports but never changes a request;
   * `off` does nothing. Default `enforce`.
   */
  readonly mode?: 'enforce' | 'observe' | 'off' | undefined;
  /** What happens to a free-form message that is denied. Default `block`. */
  readonly onClosed?: OnClosed | undefined;
  /**
   * What happens to a request in which only some recipients may be written to. `block` stops the whole request, `split`
   * sends to those recipients. Default `block`.
   */
  readonly onMixed?: 'block' | 'split' | undefined;
  /**
   * What happens where the facts could not be obtained. `allow` sends, flagged; `reroute` applies `onClosed`. Default
   * `allow`.
   */
  readonly onUnknown?: OnUnknown | undefined;
  /**
   * How long before the end of a remembered window Bird is asked again, in ms. Default 10 000 (10 s); 0 to under 24 h.
   */
  readonly safetyMarginMs?: number | undefined;
  /** The longest time a decision may take, in ms, everything included. Default 800; 1 to 60 000. */
  readonly deadlineMs?: number | undefined;
  /** Whether Bird's `isPermanentSession: true` allows a send. Default true. */
  readonly trustPermanentSession?: boolean | undefined;
  /**
   * What a contact that Bird does not know means: `unknown`, or `closed` after two 'not found' answers at least 1 s
   * apart. Default `unknown`.
   */
  readonly onContactNotFound?: 'unknown' | 'closed' | undefined;
  /** Whether a blocked response says when the window closed. Default true. */
  readonly exposeExpiry?: boolean | undefined;
  /**
   * Tells whether the contact of a send has opted out; `true` denies it as `opted_out`, on every platform. Sync or async,
   * within `deadlineMs`; an async one makes every decision async. After an error, or another answer than a boolean, an
   * allowed send is `lookup_failed`, or `deadline_exceeded` where it took too long. Default: nobody has, but whom
   * `observeOptOut` reported.
   */
  readonly isOptedOut?: IsOptedOut | undefined;
  /** Whether an opt-out stops templates too. Default false. */
  readonly optedOutBlocksTemplates?: boolean | undefined;
}

/** Gets a send with its channel and its contact, also where it goes into a conversation. */
export type IsOptedOut = (send: SendRequest) => boolean | Promise<boolean>;

type Resolved = Readonly<{ [K in keyof PolicyOptions]-?: Exclude<PolicyOptions[K], undefined> }>;

export interface Policy extends Omit<Resolved, 'onClosed' | 'isOptedOut'> {
  readonly isOptedOut: IsOptedOut | undefined;
  /** Tried in order; an empty list blocks. */
  readonly onClosed: readonly (ReroutePolicy | 'block')[];
}

/** In whose options a policy stands; nothing: it is the defaults', of a workspace that is not known. */
export interface PolicyOwner {
  readonly workspaceId?: string | undefined;
  readonly channelId?: string | undefined;
}

const DAY_MS = 86_400_000;

/** What each option of a policy may hold. */
export const policyChecks: Readonly<Record<keyof PolicyOptions, OptionCheck>> = {
  mode: oneOf('enforce', 'observe', 'off'),
  onClosed: {
    rule: "'block', a reroute policy, or an array of them",
    hasType: (value) => typeof value === 'string' || isFunction(value) || Array.isArray(value),
    isInRange: (value: unknown) => listOf(value).every((one) => one === 'block' || isPolicy(one)) && !isCutOff(value),
    isWord: true,
    cure: (value) => {
      const name = listOf(value).map(factoryName).find(Boolean);
      if (name !== undefined) return `call ${name}, as in ${name}(...), to get a policy`;
      return isCutOff(value) ? "policies after 'block' are never called; put 'block' last, or leave it out" : undefined;
    },
  },
  onMixed: oneOf('block', 'split'),
  onUnknown: oneOfOrFunction('allow', 'block', 'reroute'),
  // A margin as long as the shortest window would leave nothing that is ever known to be open.
  safetyMarginMs: numberBetween(0, DAY_MS - 1, 'milliseconds'),
  deadlineMs: numberBetween(1, 60_000, 'milliseconds'),
  trustPermanentSession: aBoolean,
  onContactNotFound: oneOf('unknown', 'closed'),
  exposeExpiry: aBoolean,
  isOptedOut: aFunction,
  optedOutBlocksTemplates: aBoolean,
};

/** What makes policies, and is none itself: called as one, it would stop each message that it should save. */
const factories: Readonly<Record<string, unknown>> = { holdUntilReply, toChannel, toTemplate };

function listOf(value: unknown): readonly unknown[] {
  return [value].flat();
}

/** Something stands behind the `'block'` that ends the list. */
function isCutOff(value: unknown): boolean {
  const list = listOf(value);
  return list.slice(0, -1).includes('block');
}

/** Warns of what somebody should look at in a workspace's policies, although it may be right. */
export function warnOfPolicies(
  { id, policies }: { readonly id: string; readonly policies: readonly Policy[] },
  logOnce: LogOnce,
): void {
  for (const { option, text } of policies.flatMap(doubtsAboutPolicy)) {
    logOnce.warn('policy', text, { workspaceId: id, option }, text);
  }
}

function doubtsAboutPolicy({ mode, onClosed, onUnknown }: Policy): readonly PolicyDoubt[] {
  const doubts = onClosed.map((one) => ({ option: 'onClosed', text: doubtAbout(one) }));
  const isForNothing = onUnknown === 'reroute' && mode !== 'off' && onClosed.every((one) => one === 'block');
  const text =
    "onUnknown is 'reroute', but onClosed has no reroute policy, so that what is unknown is blocked; " +
    "give onClosed a policy, or say onUnknown: 'block'";
  return [...doubts, { option: 'onUnknown', text: isForNothing ? text : undefined }].filter(isDoubt);
}

interface PolicyDoubt {
  readonly option: string;
  readonly text: string;
}

function isDoubt(doubt: { readonly option: string; readonly text: string | undefined }): doubt is PolicyDoubt {
  return doubt.text !== undefined;
}

function factoryName(value: unknown): string | undefined {
  return Object.keys(factories).find((name) => factories[name] === value);
}

function isPolicy(value: unknown): boolean {
  return isFunction(value) && factoryName(value) === undefined;
}

/** Fills in the defaults of what was checked before. */
export function resolvePolicy(given: PolicyOptions): Policy {
  const options = ownFields(given);
  const { mode = 'enforce', onClosed = 'block', onMixed = 'block', onUnknown = 'allow' } = options;
  const { safetyMarginMs = 10_000, deadlineMs = 800, trustPermanentSession = true } = options;
  const { onContactNotFound = 'unknown', exposeExpiry = true } = options;
  const { isOptedOut, optedOutBlocksTemplates = false } = options;
  return {
    mode,
    onClosed: typeof onClosed === 'object' ? [...onClosed] : [onClosed],
    onMixed,
    onUnknown,
    safetyMarginMs,
    deadlineMs,
    trustPermanentSession,
    onContactNotFound,
    exposeExpiry,
    isOptedOut,
    optedOutBlocksTemplates,
  };
}
