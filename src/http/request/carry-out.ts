import type { SendRequest } from '../../bird/send/send-request.js';
import type { Outcome, Plan } from '../../guard/outcome.js';
import type { CarriedOut, PlannedSend } from '../../guard/planned-send.js';
import type { Rewrite } from './rewrite.js';
import type { WriteRequest } from './rewrite-request.js';

/** What is to become of a request, all of its recipients together. */
export interface RequestOutcome {
  /** One per send. */
  readonly outcomes: readonly Outcome[];
  /** The same, with what happens to all of them where one stops the whole request. */
  readonly fates: readonly Outcome[];
  /** What is sent in the place of the request; `undefined`: it passes as it came, or is refused. */
  readonly rewrite?: Rewrite | undefined;
  readonly isRefused: boolean;
  /** To be called once it is certain whether this is what happens. */
  readonly settle: (isUsed: boolean) => void;
}

/**
 * Does what the policies say with all sends of a request. Unless they say `onMixed: 'split'`, one that cannot be sent
 * stops all of them, and then nothing stays of what was done for the others.
 */
export async function carryOut(
  planned: readonly PlannedSend[],
  sends: readonly SendRequest[],
  write: WriteRequest,
): Promise<RequestOutcome> {
  const isSplit = planned.every(({ policy }) => policy.onMixed === 'split');
  // What is only observed stops nobody; where nothing is enforced, everything is reported as if it were.
  const isEnforced = planned.some(({ policy }) => policy.mode === 'enforce');
  const plans = planned.map(({ plan, policy }) => (isEnforced && policy.mode !== 'enforce' ? 'send' : plan));
  // Said before anything is done for anybody.
  if (!isSplit && (plans.includes('block') || isMixed(plans, sends))) return refused(planned, [], 'other_recipients');
  const carried = await Promise.all(planned.map((one) => one.carryOut()));
  const outcomes = carried.map(({ outcome, enforced }) => (isEnforced ? outcome : enforced));
  const isSendable = ({ action }: Outcome): boolean => action !== 'block';
  if (isSplit ? !outcomes.some(isSendable) : !outcomes.every(isSendable)) {
    return refused(planned, carried, 'other_recipients');
  }
  const given = carried.map(({ outcome }) => outcome);
  const passing = { outcomes: given, fates: given, isRefused: false, settle: settling(carried) };
  if (outcomes.every(({ action }) => action === 'send')) return passing;
  const rewrite = await write({ outcomes, sends: planned.map(({ send }) => send), isDryRun: !isEnforced });
  if (typeof rewrite === 'string') return refused(planned, carried, rewrite);
  return isEnforced ? { ...passing, rewrite } : passing;
}

function refused(planned: readonly PlannedSend[], carried: readonly CarriedOut[], reason: string): RequestOutcome {
  settling(carried)(false);
  const outcomes = planned.map((one, index) => {
    const outcome = carried[index]?.outcome;
    const action = outcome === undefined ? one.plan : (outcome.wouldBe ?? outcome.action);
    return action === 'reroute' || action === 'hold' ? one.refuse(reason) : (outcome ?? one.outcome());
  });
  const isRefused = outcomes.some(({ action }) => action === 'block');
  return { outcomes, fates: outcomes.map(isRefused ? asBlocked : asWouldBlock), isRefused, settle: () => {} };
}

/** As one of a request that another recipient stops. */
export function asBlocked({ wouldBe: _, ...outcome }: Outcome): Outcome {
  return { ...outcome, action: 'block' };
}

/** The same where the request is only observed. */
export function asWouldBlock(outcome: Outcome): Outcome {
  return outcome.mode === 'observe' ? { ...outcome, wouldBe: 'block' } : outcome;
}

/** The first call counts: a host may see a request end by more than one event. */
function settling(carried: readonly CarriedOut[]): RequestOutcome['settle'] {
  let isSettled = false;
  return (isUsed) => {
    if (isSettled) return;
    isSettled = true;
    for (const { settle } of carried) void settle(isUsed);
  };
}

/**
 * Whether of one message's recipients some may be written to and some not. Messages of a batch stand for themselves.
 */
function isMixed(plans: readonly Plan[], sends: readonly SendRequest[]): boolean {
  const passes = new Map<number | undefined, boolean>();
  return plans.some((plan, index) => {
    const item = sends[index]?.item;
    const isPassing = plan === 'send';
    const isOther = passes.has(item) && passes.get(item) !== isPassing;
    passes.set(item, isPassing);
    return isOther;
  });
}
