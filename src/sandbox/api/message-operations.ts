import { randomUUID } from 'node:crypto';
import { own } from '../../core/own.js';
import { acceptInvalid, acceptMessage, waitBefore } from '../delivery.js';
import type { BirdChannel } from '../model/bird-channel.js';
import { createOutgoingMessage, type OutgoingMessage } from '../model/bird-message.js';
import type { SandboxState, WorkspaceState } from '../state.js';
import { invalidInput } from '../verdict.js';
import { type Answer, accepted, invalidPayload, notFound, ok, requestError } from './answer.js';
import type { ApiRequest } from './api-request.js';
import { messageProblems } from './create-message.js';
import { pageOf } from './page.js';
import { resolveReceivers } from './receivers.js';

const MAX_MESSAGES = 100;
const MAX_BATCH = 100;

/** `POST /workspaces/{ws}/channels/{ch}/messages`. Late messages are accepted like all others. */
export function createMessage({ state, workspace, ids, body }: ApiRequest): Answer {
  const channel = workspace.channels.get(ids.channelId ?? '');
  if (channel === undefined) return notFound('channel');
  const problems = messageProblems(body, state.clock.now());
  if (Object.keys(problems).length > 0) return invalidPayload(problems);
  const message = send({ state, workspace, channel, content: body });
  return message === undefined ? notFound('contact') : accepted(message);
}

/** `POST /workspaces/{ws}/channels/{ch}/batch/messages`: items are validated one by one, after the response. */
export function createBatch({ state, workspace, ids, body }: ApiRequest): Answer {
  const channel = workspace.channels.get(ids.channelId ?? '');
  if (channel === undefined) return notFound('channel');
  const items = own(body, 'messageRequests');
  if (!Array.isArray(items) || items.length < 1 || items.length > MAX_BATCH) {
    return requestError(400, 'InvalidBatch', `messageRequests must contain 1 to ${MAX_BATCH} messages`);
  }
  for (const content of items) sendBatchItem({ state, workspace, channel, content });
  // Bird's response has an id for the batch; the name of the field is not documented.
  return accepted({ id: randomUUID() });
}

/** A message to send on a channel; `content` is a create-message body. */
export interface Sending {
  readonly state: SandboxState;
  readonly workspace: WorkspaceState;
  readonly channel: BirdChannel;
  readonly content: unknown;
}

/** Sends a valid message and returns it as accepted; `undefined` if it names an unknown contact. */
export function send({ state, workspace, channel, content }: Sending): OutgoingMessage | undefined {
  const now = state.clock.now();
  const listed = own(own(content, 'receiver'), 'contacts');
  const entries = Array.isArray(listed) ? listed : [];
  const contacts = resolveReceivers({ workspace, channel, entries, now });
  if (contacts === undefined) return undefined;
  const fields = { ...Object(content) };
  const status = waitBefore(fields, now) > 0 ? 'scheduled' : 'accepted';
  const message = createOutgoingMessage({ channel, contacts, content: fields, status }, now);
  acceptMessage(state, workspace, message);
  return message;
}

function sendBatchItem(sending: Sending): void {
  const { state, workspace, channel, content } = sending;
  const now = state.clock.now();
  const problems = Object.entries(messageProblems(content, now)).map(
    ([field, texts]) => `${field}: ${texts.join(', ')}`,
  );
  if (problems.length === 0 && send(sending) !== undefined) return;
  const verdict = invalidInput(problems.length === 0 ? 'contact not found' : problems.join('; '));
  const fields = { ...Object(content) };
  const message = createOutgoingMessage({ channel, contacts: [], content: fields, status: 'accepted' }, now);
  acceptInvalid(state, workspace, { message, verdict });
}

/** `GET /workspaces/{ws}/channels/{ch}/messages/{message}`. */
export function getMessage({ workspace, ids }: ApiRequest): Answer {
  if (!workspace.channels.has(ids.channelId ?? '')) return notFound('channel');
  const message = workspace.messages.get(ids.messageId ?? '');
  return message?.channelId === ids.channelId ? ok(message) : notFound('message');
}

/** `GET /workspaces/{ws}/channels/{ch}/messages` and `GET /workspaces/{ws}/channels/messages`, in both directions. */
export function listMessages({ workspace, ids, query }: ApiRequest): Answer {
  const { channelId } = ids;
  if (channelId !== undefined && !workspace.channels.has(channelId)) return notFound('channel');
  const all = [...workspace.messages.values()];
  const messages = channelId === undefined ? all : all.filter((message) => message.channelId === channelId);
  const page = pageOf(messages, query, MAX_MESSAGES);
  if (!('results' in page)) return page;
  const instants = page.results.map(({ createdAt }) => createdAt).toSorted();
  const [startAt, endAt] = [instants[0], instants.at(-1)];
  return ok({ ...page, startAt, endAt });
}
