import { LookupError } from '../../errors.js';
import { askBird, type BirdApiOptions } from './api-client.js';

/** A message on its way to Bird. Ids must have passed `toId`. */
export interface MessageToPost {
  readonly workspaceId: string;
  readonly channelId: string;
  /** The conversation that the message goes into; absent for one to a channel. */
  readonly conversationId?: string | undefined;
  /** A whole create-message body. */
  readonly message: Readonly<Record<string, unknown>>;
}

/** Statuses that Bird would return again, however often the request is repeated. */
const final: ReadonlySet<number> = new Set([400, 404, 409, 413, 422]);

/**
 * Sends one message. `rejected`: Bird refuses the message for good.
 *
 * @throws {LookupError} if it is not known whether Bird accepted the message, or if another attempt may succeed
 */
export async function postMessage(
  options: BirdApiOptions,
  { workspaceId, channelId, conversationId, message }: MessageToPost,
  timeoutMs: number,
): Promise<'accepted' | 'rejected'> {
  const place = conversationId === undefined ? `channels/${channelId}` : `conversations/${conversationId}`;
  const path = `/workspaces/${workspaceId}/${place}/messages`;
  const { status } = await askBird(options, { method: 'POST', path, body: message }, timeoutMs);
  if (status >= 200 && status < 300) return 'accepted';
  if (final.has(status)) return 'rejected';
  throw new LookupError('lookup_failed', `Bird answered with status ${status}`);
}
