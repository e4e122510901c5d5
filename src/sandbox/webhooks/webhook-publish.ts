import { platformOf } from '../../core/platforms.js';
import type { InboundMessage, OutgoingMessage } from '../model/bird-message.js';
import { type BirdSubscription, isLoopbackUrl } from '../model/bird-subscription.js';
import { type SandboxState, switchesOf, type WorkspaceState } from '../state.js';

/** Tells the subscribers about a message that came, or of which the status has changed. */
export function publishMessage(
  state: SandboxState,
  workspace: WorkspaceState,
  message: InboundMessage | OutgoingMessage,
): void {
  const { webhookDelayMs: delayMs, webhookCopies, webhookLoss } = switchesOf(state, workspace);
  const { platformId = '' } = workspace.channels.get(message.channelId) ?? {};
  const direction = message.direction === 'incoming' ? 'inbound' : 'outbound';
  const event = `${platformOf(platformId) ?? platformId}.${direction}`;
  const known = { channelId: message.channelId, messageStatus: message.status, platformId };
  const subscribers = webhookLoss === 'all' ? [] : subscribersOf(workspace, event, known);
  if (subscribers.length === 0) return;
  // No id and no time of the event: Bird's envelope has neither.
  const body = Buffer.from(JSON.stringify({ service: 'channels', event, payload: message }));
  const happenedAt = state.clock.now();
  const timestamp = String(Math.floor(happenedAt / 1000));
  for (const { id: subscriptionId, url, signingKey } of subscribers) {
    const call = { url, signingKey, timestamp, body };
    const delivery = { ...call, subscriptionId, event, messageId: message.id, happenedAt, delayMs };
    for (let copy = 0; copy < webhookCopies; copy += 1) state.feed.deliver(delivery);
  }
}

/** An unfiltered subscription gets everything but what another one filters explicitly: so it stands at Bird. */
function subscribersOf(
  workspace: WorkspaceState,
  event: string,
  known: Readonly<Record<string, string>>,
): readonly BirdSubscription[] {
  const fitting = [...workspace.subscriptions.values()].filter((subscription) => {
    const isMeant = subscription.service === 'channels' && subscription.event === event;
    return isMeant && subscription.eventFilters.every(({ key, value }) => known[key] === value);
  });
  const filtered = fitting.filter(({ eventFilters }) => eventFilters.length > 0);
  return (filtered.length > 0 ? filtered : fitting).filter(({ url }) => isLoopbackUrl(url));
}
