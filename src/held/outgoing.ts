import { withinDeadline } from '../clock.js';
import { ownFields } from '../core/own.js';
import { filledTemplate } from '../core/reroute/filled-template.js';
import { asTag } from '../core/reroute/locale.js';
import type { HeldMessage } from '../stores/held-store.js';
import type { HoldingHost } from './dispatch-host.js';
import type { Nudge, ReleasedMessage, ResolvedHold } from './options.js';

/** How long sending one message may take. */
export const RELEASE_MS = 30_000;

/** What becomes of one held message: it is sent, given up, or the customer is asked to write. */
export class Outgoing {
  readonly #options: ResolvedHold;

  constructor(options: ResolvedHold) {
    this.#options = options;
  }

  /** Rejects where it has to be tried again. */
  send(message: HeldMessage, host: HoldingHost): Promise<'accepted' | 'rejected'> {
    return this.#send({ ...messageOf(message), kind: 'held' }, host);
  }

  async #send(message: ReleasedMessage, host: HoldingHost): Promise<'accepted' | 'rejected'> {
    const { release } = this.#options;
    if (release === undefined) return host.post(message);
    const result: unknown = await withinDeadline(host.clock, RELEASE_MS, (async () => release(message))());
    return result === 'rejected' ? 'rejected' : 'accepted';
  }

  /** Not waited for: the message has gone, whatever the hook makes of it. */
  tellReleased(message: HeldMessage, { logger }: HoldingHost): void {
    const { onReleased } = this.#options;
    if (onReleased === undefined) return;
    (async () => onReleased({ ...messageOf(message), kind: 'held' }))().catch(() => {
      logger.error({ hook: 'onReleased' }, 'A hook threw; the message has been sent');
    });
  }

  async giveUp(message: HeldMessage, why: 'expired' | 'rejected', { clock, logger }: HoldingHost): Promise<void> {
    const { workspaceId, channelId, id } = message;
    logger.warn({ workspaceId, channelId, id, why }, 'A held message is not sent any more');
    await withinDeadline(clock, RELEASE_MS, (async () => this.#options.onExpired?.(message, why))());
  }

  /** At most once: it is noted before it is sent. */
  async nudge(message: HeldMessage, host: HoldingHost): Promise<void> {
    const { nudge, store } = this.#options;
    if (nudge === undefined) return;
    const { workspaceId, channelId } = message;
    try {
      if (!(await store.claimNudge(message))) return;
      const result = await this.#send({ ...messageOf(message), message: nudgeOf(nudge, message), kind: 'nudge' }, host);
      if (result === 'rejected') host.logger.error({ workspaceId, channelId }, 'Bird refused a nudge');
    } catch {
      host.logger.error({ workspaceId, channelId }, 'A nudge could not be sent, and is not tried again');
    }
  }
}

/** A copy: whoever sends it may change it, and it may have to be sent again. */
function messageOf(held: HeldMessage): Omit<ReleasedMessage, 'kind'> {
  const { address: _, expiresAt: __, isWindowUnknown: ___, ...message } = held;
  return structuredClone(message);
}

function nudgeOf(
  nudge: Nudge,
  { contact, conversationId, message, reference }: HeldMessage,
): Readonly<Record<string, unknown>> {
  const { projectId, version, locale, variables = {} } = ownFields(nudge);
  const template = filledTemplate({ projectId, version, locale: asTag(locale) }, variables);
  if (conversationId === undefined) return { receiver: { contacts: [contact] }, template, reference };
  const { participantType, participantId } = message;
  return { participantType, participantId, template, reference };
}
