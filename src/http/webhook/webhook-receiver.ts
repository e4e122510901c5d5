import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeWebhookEvent } from '../../bird/webhook-event.js';
import { isSignedByOneOf } from '../../bird/webhook-signature.js';
import { LookupError } from '../../errors.js';
import type { Guard } from '../../guard/guard.js';
import { type GuardInternals, internalsOf } from '../../guard/internals.js';
import type { Cache, ChannelFacts, ChannelRef } from '../../ports.js';
import { memoryCache } from '../../stores/memory-store.js';
import { answerWebhook, type WebhookAnswer } from './answers.js';
import { type Delivery, nodeDelivery } from './delivery.js';
import { nameOf, parseEvent } from './event.js';
import { isTooOld, tellGuard } from './evidence.js';
import { fetchAnswer, fetchDelivery } from './fetch-delivery.js';
import { type WebhookHook, WebhookNotices } from './notices.js';
import { readOptOut } from './opt-out.js';
import {
  type BirdEvent,
  type OptOutEvent,
  type ResolvedWebhookOptions,
  resolveWebhookOptions,
  type WebhookReceiverOptions,
} from './options.js';

/** A request handler on `node:http` types, for Express 4 and 5, Connect and a plain server. It never calls `next`. */
export interface WebhookReceiver {
  (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void;
  /**
   * The same for hosts that take a `Request` and give a `Response`. `onEvent` is called when the response is made. Never
   * rejects.
   */
  fetch(request: Request): Promise<Response>;
}

/**
 * Accepts Bird's signed events and passes them to the guard, so that a reply to a customer needs no read. Mount it in
 * front of the body parser: the signature covers the raw bytes.
 *
 * @throws {TypeError | RangeError} at creation, for invalid options, and where there is no signing key to check events
 *   with
 *
 * @example
 * app.post('/webhooks/bird', webhookReceiver(guard, { publicUrl, workspaceId, signingKeys: [signingKey] }));
 */
export function webhookReceiver(guard: Guard, options: WebhookReceiverOptions): WebhookReceiver {
  const internals = internalsOf(guard);
  const resolved = resolveWebhookOptions(options);
  if (resolved.signingKeys === undefined && internals.knownSigningKeys(resolved.workspaceId)?.length === 0) {
    throw new TypeError(
      'options.signingKeys is missing, and the workspace has none in its options; give it in one place',
    );
  }
  const receiver = new Receiver(internals, resolved);

  const handler = (req: IncomingMessage, res: ServerResponse): void => {
    void receiver.receive(nodeDelivery(req)).then((receipt) => receiver.answer(res, receipt));
  };
  return Object.assign(handler, {
    fetch: async (request: Request) => receiver.respond(await receiver.receive(fetchDelivery(request))),
  });
}

const handled = {};

/** What becomes of a request; `undefined`: the client has gone before it was complete. */
type Receipt = WebhookAnswer | Accepted | undefined;

interface Accepted {
  readonly event: BirdEvent;
  /** What the event says of an opt-out. */
  readonly optOut: OptOutEvent | undefined;
  /** The same for every repetition of the event. */
  readonly name: string;
}

const MAX_BODY_BYTES = 1024 * 1024;
const BODY_TIMEOUT_MS = 5_000;
const EVENTS_REMEMBERED = 100_000;
/** A channel that is not the workspace's is asked for again after so long: it may have been installed since. */
const FOREIGN_KEPT_MS = 60_000;

class Receiver {
  readonly #guard: GuardInternals;
  readonly #options: ResolvedWebhookOptions;
  readonly #notices: WebhookNotices;
  readonly #handled: Cache<typeof handled> = memoryCache({ max: EVENTS_REMEMBERED });
  readonly #foreign: Cache<{ readonly until: number }> = memoryCache({ max: 10_000 });

  constructor(guard: GuardInternals, options: ResolvedWebhookOptions) {
    this.#guard = guard;
    this.#options = options;
    this.#notices = new WebhookNotices(guard, options.workspaceId);
  }

  /** Never rejects: whatever fails, Bird has to repeat. */
  async receive(delivery: Delivery): Promise<Receipt> {
    try {
      const receipt = await this.#read(delivery);
      if (typeof receipt === 'string') this.#notices.answered(receipt);
      else if (receipt !== undefined) this.#notices.accepted();
      return receipt;
    } catch (error) {
      this.#notices.failed(error);
      return 'unavailable';
    }
  }

  answer(res: ServerResponse, receipt: Receipt): void {
    if (receipt === undefined) return;
    if (typeof receipt === 'string') return answerWebhook(res, receipt);
    // Where nobody hears the answer any more, Bird repeats the event, and the application gets to know it then.
    if (!res.destroyed && this.#isNew(receipt) && this.#hasHooks) {
      res.once('close', () => this.#tellApplication(receipt));
    }
    answerWebhook(res, 'accepted');
  }

  /** The answer of a host that says nothing of when it was sent. */
  respond(receipt: Receipt): Response {
    if (receipt === undefined || typeof receipt === 'string') return fetchAnswer(receipt);
    if (this.#isNew(receipt)) queueMicrotask(() => this.#tellApplication(receipt));
    return fetchAnswer('accepted');
  }

  /** Whether an event was never accepted before; from now on it was. */
  #isNew({ name }: Accepted): boolean {
    const isNew = this.#handled.get(name) === undefined;
    if (isNew) this.#handled.set(name, handled);
    return isNew;
  }

  async #read(delivery: Delivery): Promise<Receipt> {
    if (delivery.method !== 'POST') return 'method_not_allowed';
    const { clock } = this.#guard;
    const body = await delivery.readBody({ clock, maxBytes: MAX_BODY_BYTES, timeoutMs: BODY_TIMEOUT_MS });
    if (body === 'aborted') return undefined;
    if (typeof body === 'string') return body;

    const { publicUrl, workspaceId } = this.#options;
    const known = this.#options.signingKeys ?? this.#guard.knownSigningKeys(workspaceId);
    const signingKeys = known ?? (await this.#guard.signingKeys(workspaceId));
    const timestamp = delivery.header('messagebird-request-timestamp');
    const signature = delivery.header('messagebird-signature');
    if (signingKeys.length === 0) this.#notices.withoutKey();
    if (!isSignedByOneOf({ signature, timestamp, url: publicUrl, body }, signingKeys)) return 'signature_invalid';
    const event = parseEvent(body);
    return event === undefined ? 'malformed_event' : this.#accept(event, body, Number(timestamp) * 1000);
  }

  async #accept(event: BirdEvent, body: Uint8Array, signedAt: number): Promise<Receipt> {
    const { clock, observations, knownChannel } = this.#guard;
    const decoded = decodeWebhookEvent(event);
    const { channelId } = decoded;
    const ref = channelId === undefined ? undefined : { workspaceId: this.#options.workspaceId, channelId };
    // What is known is not awaited: with a wait each, here and below, an event takes 1.03 times as long.
    const facts = ref && (knownChannel(ref) ?? (await this.#channel(ref)));
    if (typeof facts === 'string') return facts;

    // A repetition carries the first time of signing, so that is as old as the event.
    const happenedAt = Math.min(signedAt, decoded.happenedAt ?? signedAt);
    if (isTooOld(happenedAt, facts, clock.now())) return 'ignored';
    const name = nameOf(event, body);
    if (ref === undefined || facts === undefined) return { event, name, optOut: undefined };
    const told = this.#handled.get(name) === undefined ? tellGuard(observations, decoded, ref, facts) : undefined;
    if (told !== undefined) await told;
    return { event, name, optOut: this.#options.onOptOut && readOptOut(event, decoded, { ref, facts }) };
  }

  /** The channel, where it is the workspace's: an event does not say whose it is. */
  async #channel(ref: ChannelRef): Promise<ChannelFacts | WebhookAnswer> {
    const { clock, channel } = this.#guard;
    const { channelId } = ref;
    const foreign = this.#foreign.get(channelId);
    if (foreign !== undefined && clock.now() < foreign.until) return 'channel_not_found';
    try {
      return (await channel(ref)) ?? 'unavailable';
    } catch (error) {
      if (!(error instanceof LookupError)) throw error;
      if (error.code !== 'channel_not_found') return 'unavailable';
      this.#foreign.set(channelId, { until: clock.now() + FOREIGN_KEPT_MS });
      return 'channel_not_found';
    }
  }

  get #hasHooks(): boolean {
    return this.#options.onEvent !== undefined || this.#options.onOptOut !== undefined;
  }

  #tellApplication({ event, optOut }: Accepted): void {
    const { onEvent, onOptOut } = this.#options;
    if (onEvent !== undefined) this.#call('onEvent', async () => onEvent(event));
    if (onOptOut !== undefined && optOut !== undefined) this.#call('onOptOut', async () => onOptOut(optOut));
  }

  #call(name: WebhookHook, hook: () => Promise<unknown>): void {
    hook().then(
      () => this.#notices.hookWorked(name),
      (error: unknown) => this.#notices.hookFailed(name, error),
    );
  }
}
