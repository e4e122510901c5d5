import { own } from './own.js';

/** A message that counts towards the quota of a window. */
export interface SentMessage {
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  /** Whether the message failed after all, so that it does not count. */
  readonly isLost?: true | undefined;
}

/** More than any platform's quota, so that messages dropped from the list no longer matter. */
const MAX_SENT = 32;

export function mergeSent(
  a: readonly SentMessage[] | undefined,
  b: readonly SentMessage[] | undefined,
): readonly SentMessage[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const byId = new Map<string, SentMessage>();
  for (const message of [...a, ...b]) byId.set(message.id, mergeMessage(message, byId.get(message.id) ?? message));
  return [...byId.values()].sort((x, y) => x.at - y.at || (x.id < y.id ? -1 : 1)).slice(-MAX_SENT);
}

/** The same message may be reported twice with different times: the earlier one is when it was sent. */
function mergeMessage(a: SentMessage, b: SentMessage): SentMessage {
  const at = Math.min(a.at, b.at);
  return isLost(a) || isLost(b) ? { id: a.id, at, isLost: true } : { id: a.id, at };
}

export function isLost(message: SentMessage): boolean {
  return own(message, 'isLost') === true;
}
