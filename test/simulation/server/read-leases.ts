import { MAX_PROMISE_MS } from '../../../src/redis/fleet/read-budget-scripts.js';
import type { ScriptCall } from './commands.js';
import { aliveAt, knownFrom, renewMember, timeFor } from './members.js';
import type { ReadLease, Server } from './server.js';

const KEPT_MS = 10_000;

/** What the scripts in `src/redis/fleet/` do, each in one step. The rate is the share of those who will be members then. */
export function reserveRead(server: Server, call: ScriptCall): unknown {
  const reply = (role: 'taken' | 'spent' | 'later', waitMs = 0): unknown => [
    role,
    Math.ceil(waitMs * 1000),
    timeFor(call),
  ];
  if (!renewMember(server, call)) return reply('later');
  const { keys, args, now } = call;
  const [, budget = ''] = keys;
  const [intervalMs, burstMs, maxWaitMs] = args.slice(2, 5).map((us) => Number(us) / 1000) as [number, number, number];
  const [instances, isPatient] = [Number(args[5]), args[6] === '1'];
  const { budgets } = server.tables;
  const granted = Math.max(budgets.get(budget) ?? 0, now, knownFrom(server) + burstMs);
  if (isPatient && granted > now) return granted > now + maxWaitMs ? reply('spent') : reply('later', granted - now);
  let count = aliveAt(server, now, now);
  for (;;) {
    const stepMs = (intervalMs * instances) / Math.min(count, instances);
    const waitMs = Math.max(0, granted + stepMs - Math.max(burstMs, stepMs) - now);
    const left = aliveAt(server, now + waitMs, now);
    if (left === 0 || waitMs > maxWaitMs) return reply('spent');
    if (left === count) {
      if (waitMs > MAX_PROMISE_MS) return reply('later', waitMs - MAX_PROMISE_MS);
      budgets.set(budget, granted + stepMs, now);
      return reply('taken', waitMs);
    }
    count = left;
  }
}

export function joinLease(server: Server, { keys: [id = ''], args, now }: ScriptCall): unknown {
  const [reader, after = '', maxReadMs] = args;
  const lease = leaseOf(server, id, now);
  const { number, answeredNumber = -1, answer } = lease;
  if (after !== '' && answeredNumber > Number(after)) return ['answered', answeredNumber, answer];
  if (lease.reader !== undefined && now < (lease.until ?? 0)) return ['waiter', number, ''];
  const next = { ...lease, number: number + 1, reader, until: now + Number(maxReadMs), expiresAt: now + KEPT_MS };
  server.tables.leases.set(id, next, now);
  return ['reader', next.number, ''];
}

export function finishLease(server: Server, { keys: [id = '', notification], args, now }: ScriptCall): unknown {
  const [reader, number, answer] = args;
  const { reader: current, until, ...lease } = leaseOf(server, id, now);
  if (current !== reader) return 0;
  const answered = answer === '' || Number(number) > lease.number ? {} : { answeredNumber: Number(number), answer };
  server.tables.leases.set(id, { ...lease, ...answered, expiresAt: now + KEPT_MS }, now);
  server.notify(notification);
  return 1;
}

function leaseOf(server: Server, id: string, now: number): ReadLease {
  const lease = server.tables.leases.get(id);
  return lease === undefined || lease.expiresAt <= now ? { number: 0, expiresAt: 0 } : lease;
}
