import { MAX_PROMISE_MS, MEMBER_LIFE_MS } from '../../../src/redis/fleet/read-budget-scripts.js';
import type { ScriptCall } from './commands.js';

/** Everything here is in microseconds, as in the scripts. */
const LIFE: number = MEMBER_LIFE_MS * 1_000;
const PROMISE: number = MAX_PROMISE_MS * 1_000;

/** The processes that are alive. */
export interface Members {
  /** Until when each is a member. */
  readonly ends: ReadonlyMap<string, number>;
  /** Before that, nobody knows what was read. */
  readonly from: number;
}

/** `heartbeatScript` */
export function beat(call: ScriptCall): unknown {
  return [renew(call) === undefined ? 'later' : 'member', 0, microseconds(call)];
}

/** `reserveScript` */
export function reserve(call: ScriptCall): unknown {
  const now = microseconds(call);
  const members = renew(call);
  if (members === undefined) return ['later', 0, now];
  const [interval = 0, burst = 0, maxWait = 0, instances = 1] = call.args.slice(2).map(Number);
  const isPatient = call.args[6] === '1';
  const { budgets } = call.server.tables;
  const keys = call.keys.slice(1);
  const kept = Math.max(...keys.map((key) => budgets.get(key, call.now) ?? 0));
  const granted = Math.max(kept, now, members.from + burst);
  if (isPatient && granted > now) return granted > now + maxWait ? ['spent', 0, now] : ['later', granted - now, now];
  const { step, start } = nextRead(members, { granted, burst, wholeStep: interval * instances, instances, now });
  if (step === undefined || start > now + maxWait) return ['spent', 0, now];
  if (start > now + PROMISE) return ['later', Math.ceil(start - now - PROMISE), now];
  for (const key of keys) budgets.set(key, granted + step, call.now, call.now + 3_600_000);
  return ['taken', Math.ceil(start - now), now];
}

interface Asked {
  readonly granted: number;
  readonly burst: number;
  /** The interval between the reads of one process alone. */
  readonly wholeStep: number;
  readonly instances: number;
  readonly now: number;
}

/** The rate is the share of those that will still be members when the read starts. No step: nobody will be. */
function nextRead(
  members: Members,
  { granted, burst, wholeStep, instances, now }: Asked,
): { readonly step: number | undefined; readonly start: number } {
  let start = now;
  for (let count = countAt(members, now); count > 0; ) {
    const step = wholeStep / Math.min(count, instances);
    start = Math.max(now, granted + step - Math.max(burst, step));
    const left = countAt(members, start);
    if (left === count) return { step, start };
    count = left;
  }
  return { step: undefined, start };
}

function countAt({ ends }: Members, instant: number): number {
  return [...ends.values()].filter((end) => end > instant).length;
}

/** @returns `undefined` where the process does not know the time, or knew it too long ago */
function renew({
  server,
  keys: [key = ''],
  args: [process = '', claimed = ''],
  now: nowMs,
}: ScriptCall): Members | undefined {
  const now = Math.floor(nowMs * 1_000);
  const ending = claimed === '' ? 0 : Math.min(Number(claimed), now + LIFE);
  if (ending <= now) return undefined;
  const found = server.tables.members.get(key, nowMs);
  const ends = new Map([...(found?.ends ?? [])].filter(([, end]) => end > now && end <= now + LIFE));
  const isNew = !ends.has(process);
  ends.set(process, Math.max(ending, ends.get(process) ?? 0));
  // Who joins may have read by itself until now.
  const from = found === undefined ? now + PROMISE : isNew ? Math.max(found.from, now) : found.from;
  const members = { ends, from };
  server.tables.members.set(key, members, nowMs, nowMs + 86_400_000);
  return members;
}

function microseconds({ now }: ScriptCall): number {
  return Math.floor(now * 1_000);
}
