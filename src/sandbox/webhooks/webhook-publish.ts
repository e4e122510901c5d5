import { platformName } from '../../core/platforms.js';
import type { InboundMessage, OutgoingMessage } from '../model/bird-message.js';
import { type BirdSubscription, isLoopbackUrl } from '../model/bird-subscription.js';
import { type SandboxState, switchesOf, type WorkspaceState } from '../state.js';

/** Delivers the event of a new message, or of a changed status, to the subscribers. */
export function publishMessage(
  state: SandboxState,
  workspace: WorkspaceState,
  message: InboundMessage | OutgoingMessage,
): void {
  const { webhookDelayMs: delayMs, webhookCopies, webhookLoss } = switchesOf(state, workspace);
  const { platformId = '' } = workspace.channels.get(message.channelId) ?? {};
  const direction = message.direction === 'incoming' ? 'inbound' : 'outbound';
  const event = `${platformName(platformId)}.${direction}`;
  const known = { channelId: message.channelId, messageStatus: message.status, platformId };
  const subscribers = webhookLoss === 'all' ? [] : subscribersOf(workspace, event, known);
  if (subscribers.length === 0) return;
  // Bird's envelope has no event id and no event time.
  const body = Buffer.from(JSON.stringify({ service: 'channels', event, payload: message }));
  const happenedAt = state.clock.now();
  const timestamp = String(Math.floor(happenedAt / 1000));
  for (const { id: subscriptionId, url, signingKey } of subscribers) {
    const call = { url, signingKey, timestamp, body };
    const delivery = { ...call, subscriptionId, event, messageId: message.id, happenedAt, delayMs };
    for (let copy = 0; copy < webhookCopies; copy += 1) state.feed.deliver(delivery);
  }
}

/** As Bird documents it, an unfiltered subscription gets everything except what another one filters explicitly. */
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
