import { isObject } from '../../core/option-checks.js';
import { own } from '../../core/own.js';
import type { WindowKey } from '../../ports.js';
import type { HeldMessage } from '../../stores/held-store.js';

/** Reads a window's key strictly; `undefined` for anything else. */
export function decodeWindowKey(text: string | undefined): WindowKey | undefined {
  const value = parse(text);
  const [workspaceId, channelId, address] = ['workspaceId', 'channelId', 'address'].map((name) => own(value, name));
  if (!isString(workspaceId) || !isString(channelId) || !isString(address)) return undefined;
  return { workspaceId, channelId, address };
}

/** Reads a held message strictly; `undefined` for anything else. */
export function decodeHeldMessage(text: string | undefined): HeldMessage | undefined {
  const value = parse(text);
  const key = decodeWindowKey(text);
  const [id, reference, conversationId] = ['id', 'reference', 'conversationId'].map((name) => own(value, name));
  const [message, heldAt, expiresAt] = ['message', 'heldAt', 'expiresAt'].map((name) => own(value, name));
  if (key === undefined || !isString(id) || !isString(reference)) return undefined;
  if (conversationId !== undefined && !isString(conversationId)) return undefined;
  if (!isObject(message) || !Number.isFinite(heldAt) || !Number.isFinite(expiresAt)) return undefined;
  return value as HeldMessage;
}

function parse(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
