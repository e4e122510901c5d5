import type { EventContact, WebhookEvent } from '../../bird/webhook-event.js';
import { own } from '../../core/own.js';
import { platformRow } from '../../core/platforms.js';
import { together } from '../../core/promise-like.js';
import type { ServiceWindow } from '../../core/types.js';
import type { Observations } from '../../guard/observations/observations.js';
import type { ObservedContact } from '../../guard/observations/observed.js';
import type { ChannelFacts, ChannelRef } from '../../ports.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Longer than Bird repeats an event for, on top of the longest time for which the event can matter. */
const LATENESS_MS = 2 * HOUR;

/**
 * Bird's own time of a message is when Bird got it, and the platform's window began when it was written. Where only
 * Bird's is there, the message may be this much older, so that in the last hour of the window Bird is asked.
 */
const UNSURE_MS = HOUR;

/** Whether an event from this instant (epoch ms) is too old to matter, on a channel if it is about one. */
export function isTooOld(at: number, facts: ChannelFacts | undefined, now: number): boolean {
  const durationMs = (facts && windowOf(facts)?.durationMs) ?? DAY;
  return now - at > durationMs + LATENESS_MS;
}

/** Tells the guard what an event of one of its channels means. Settled at once with a store that is. */
export function tellGuard(
  observations: Observations,
  event: WebhookEvent,
  ref: ChannelRef,
  facts: ChannelFacts,
): void | Promise<void> {
  const window = windowOf(facts);
  if (window === null) return undefined;
  const { workspaceId, channelId } = ref;
  const about = ({ contactId, address }: EventContact): ObservedContact => {
    return { workspaceId, channelId, contactId, address };
  };
  switch (event.kind) {
    case 'customer_wrote': {
      const { contact, wroteAt: at, text, isPlatformTime } = event;
      const inbound = { workspaceId, channelId, contactId: contact.contactId, address: contact.address, at, text };
      return observations.signedInbound(inbound, isPlatformTime ? 0 : UNSURE_MS);
    }
    case 'number_changed':
      return observations.numberChange({ ...about(event.contact), at: event.changedAt });
    case 'message_refused': {
      const { sentAt, code } = event;
      const refused = all(event.contacts, (contact) => observations.refusal({ ...about(contact), sentAt, code }));
      return together([refused, count(observations, event, window, about)]);
    }
    case 'message_sent':
    case 'message_lost':
      return count(observations, event, window, about);
    case 'doubtful':
      return all(event.contacts, (contact) => observations.doubt(about(contact)));
    case 'maybe_wrote':
      return observations.wake({ ...about(event.contact), text: event.text });
    case 'nothing':
      return undefined;
  }
}

type OutboundEvent = Extract<WebhookEvent, { readonly sentAt: number }>;

/** Messages count only where the platform counts them. */
function count(
  observations: Observations,
  { kind, contacts, messageId, sentAt }: OutboundEvent,
  window: ServiceWindow,
  about: (contact: EventContact) => ObservedContact,
): void | Promise<void> {
  if (own(window, 'quota') === undefined || messageId === undefined) return undefined;
  const isLost = kind !== 'message_sent';
  return all(contacts, (contact) => observations.sent({ ...about(contact), messageId, sentAt, isLost }));
}

function all(
  contacts: readonly EventContact[],
  tell: (contact: EventContact) => void | Promise<void>,
): void | Promise<void> {
  return together(contacts.map(tell));
}

/** On a platform that the table does not know, a refusal still has to be heard. */
const unknownWindow: ServiceWindow = { durationMs: DAY };

function windowOf({ platformId }: ChannelFacts): ServiceWindow | null {
  const row = platformRow(platformId, undefined);
  return row === undefined ? unknownWindow : row.window;
}
