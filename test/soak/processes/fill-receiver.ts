import type { WebhookReceiver } from 'freeform-guard';
import { signWebhook } from '../../../src/bird/webhook-signature.js';

/**
 * A receiver remembers 100,000 events. Its table of them doubles once more by 3.7 MB after 131,072, for those that it has
 * dropped, and then never again.
 */
const EVENTS = 140_000;

/**
 * Fills a receiver's memory of the events that it has seen. It takes hours at most services, and what fills it would look like
 * growth.
 */
export async function fillReceiver(receiver: WebhookReceiver, url: string, signingKey: string): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  for (let count = 0; count < EVENTS; count += 1) {
    // Without a channel it is nobody's message, but it has the name of one.
    const payload = { id: crypto.randomUUID(), status: 'delivered' };
    const body = Buffer.from(JSON.stringify({ service: 'channels', event: 'whatsapp.outbound', payload }));
    const headers = {
      'messagebird-request-timestamp': timestamp,
      'messagebird-signature': signWebhook({ timestamp, url, body }, signingKey),
    };
    const answer = await receiver.fetch(new Request(url, { method: 'POST', headers, body }));
    if (answer.status !== 200) throw new Error(`An event was answered with ${answer.status}`);
  }
}
