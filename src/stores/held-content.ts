import type { HeldMessage } from './held-store.js';

/**
 * The reference and the content of a message as one text. Two messages to one window with the same text are the same
 * message. A repeated request gives the same text, whatever the order of its keys. Another message under the reference
 * of a campaign gives another one.
 */
export function heldContent({ reference, conversationId, contact, message }: HeldMessage): string {
  return JSON.stringify([reference, conversationId, contact, message], sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
