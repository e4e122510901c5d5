import type { ClientRequest } from 'node:http';
import type { SandboxClock } from '../clock.js';
import { callWebhook, type WebhookCall } from './webhook-call.js';

/** One attempt to deliver an event. */
export interface WebhookAttempt {
  /** The subscription of the delivery. */
  readonly subscriptionId: string;
  /** Where it was posted. */
  readonly url: string;
  /** Bird's name of the event: `whatsapp.inbound`, `sms.outbound` and so on. */
  readonly event: string;
  /** The message that the event is about. */
  readonly messageId: string;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  /** When the attempt was made, epoch ms by the sandbox's clock. */
  readonly at: number;
  /** The response's status; `null` where there was none. */
  readonly status: number | null;
}

/** Delivers events over HTTP. Due attempts run by themselves. */
export interface WebhookFeed {
  deliver(delivery: WebhookDelivery): void;
  /** Settles when all due attempts have finished, with all attempts so far. */
  settled(): Promise<WebhookAttempt[]>;
  /** Aborts running attempts and stops all deliveries. */
  close(): void;
}

/** One event for one subscriber. */
export interface WebhookDelivery extends WebhookCall {
  readonly subscriptionId: string;
  readonly event: string;
  readonly messageId: string;
  /** When the event happened, epoch ms. Every attempt is signed with it. */
  readonly happenedAt: number;
  /** The delay of the first attempt after that, in ms. */
  readonly delayMs: number;
}

const MINUTE = 60_000;
const RETRIES_FOR_MS = 8 * 60 * MINUTE;

/** Bird repeats at growing intervals for 8 hours, which it does not specify. These double, from one minute on. */
function retryAfterMs(attempt: number): number {
  return (2 ** attempt - 1) * MINUTE;
}

export function createWebhookFeed(clock: SandboxClock): WebhookFeed {
  const attempts: WebhookAttempt[] = [];
  const underWay = new Set<Promise<void>>();
  const open = new Set<ClientRequest>();
  let isClosed = false;

  const attemptAt = (delivery: WebhookDelivery, dueAt: number, attempt: number): void => {
    if (isClosed) return;
    // An attempt that fell due during the previous one runs at once.
    if (dueAt <= clock.now()) start(delivery, attempt);
    else clock.setTimeout(() => start(delivery, attempt), dueAt - clock.now());
  };
  const start = (delivery: WebhookDelivery, attempt: number): void => {
    if (isClosed) return;
    const run = make(delivery, attempt).finally(() => underWay.delete(run));
    underWay.add(run);
  };
  const make = async (delivery: WebhookDelivery, attempt: number): Promise<void> => {
    const { subscriptionId, url, event, messageId, happenedAt, delayMs } = delivery;
    const at = clock.now();
    const status = await callWebhook(delivery, open);
    attempts.push({ subscriptionId, url, event, messageId, attempt, at, status });
    if (status !== null && status >= 200 && status < 300) return;
    const afterMs = retryAfterMs(attempt);
    if (afterMs <= RETRIES_FOR_MS) attemptAt(delivery, happenedAt + delayMs + afterMs, attempt + 1);
  };

  return {
    deliver: (delivery) => attemptAt(delivery, delivery.happenedAt + delivery.delayMs, 1),
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
      return [...attempts];
    },
    close: () => {
      isClosed = true;
      for (const request of open) request.destroy();
    },
  };
}
