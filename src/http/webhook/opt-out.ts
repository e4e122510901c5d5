import { isOptOutWord } from '../../bird/opt-out-words.js';
import type { WebhookEvent } from '../../bird/webhook-event.js';
import { platformName } from '../../core/platforms.js';
import type { ChannelFacts, ChannelRef } from '../../ports.js';
import type { BirdEvent, OptOutEvent } from './options.js';

/** Where a single word such as STOP is how customers opt out. Elsewhere it is a message like any other. */
const platforms: ReadonlySet<string> = new Set(['sms', 'whatsapp']);

/** What the application gets to know of an opt-out word; `undefined`: the event is none. */
export function readOptOut(
  event: BirdEvent,
  decoded: WebhookEvent,
  { ref, facts }: { readonly ref: ChannelRef; readonly facts: ChannelFacts },
): OptOutEvent | undefined {
  if (decoded.kind !== 'customer_wrote' || !platforms.has(platformName(facts.platformId))) return undefined;
  if (!isOptOutWord(decoded.text)) return undefined;
  const { contactId, address } = decoded.contact;
  return { ...event, ...ref, contactId, address, at: decoded.wroteAt };
}
