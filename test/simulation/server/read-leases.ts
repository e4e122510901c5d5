import type { ScriptCall } from './commands.js';

const KEPT_MS = 10_000;

/** Who may read a window, and what the last read brought. */
export interface ReadLease {
  readonly number: number;
  readonly reader?: string | undefined;
  readonly until?: number | undefined;
  /** The read that brought `answer`. */
  readonly told?: number | undefined;
  readonly answer?: string | undefined;
}

/** `joinScript` */
export function joinRead({ server, keys: [key = ''], args, now }: ScriptCall): unknown {
  const [reader = '', after = '', maxReadMs] = args;
  const lease = server.tables.leases.get(key, now) ?? { number: 0 };
  const { number, told = 0, answer } = lease;
  // Nothing damages a lease here. It is lost as a whole, or not at all.
  if (told > number) throw new RangeError(`an answer of a read to come: ${key}`);
  if (after !== '' && told > Number(after) && answer !== undefined) return ['answered', told, answer];
  if (lease.reader !== undefined && now < (lease.until ?? 0)) return ['waiter', number, ''];
  const until = now + Number(maxReadMs);
  server.tables.leases.set(key, { ...lease, number: number + 1, reader, until }, now, now + KEPT_MS);
  return ['reader', number + 1, ''];
}

/** `finishScript` */
export function finishRead({ server, keys, args, now, writer }: ScriptCall): unknown {
  const [key = '', notification = ''] = keys;
  const [reader, told, answer] = args;
  const { reader: current, until: _, ...lease } = server.tables.leases.get(key, now) ?? { number: 0 };
  if (current !== reader) return 0;
  const answered = answer === '' || Number(told) > lease.number ? {} : { told: Number(told), answer };
  server.tables.leases.set(key, { ...lease, ...answered }, now, now + KEPT_MS);
  server.notify(notification, writer);
  return 1;
}
