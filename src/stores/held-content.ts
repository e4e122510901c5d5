import type { HeldMessage } from './held-store.js';

/**
 * What makes a message the same as one that waits, beside its window: its reference and its content. A repeated request
 * gives the same text, in whatever order its keys come; another message under a campaign's reference does not.
 */
export function heldContent({ reference, conversationId, contact, message }: HeldMessage): string {
  return JSON.stringify([reference, conversationId, contact, message], sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
