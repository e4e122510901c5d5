import { withinDeadline } from '../clock.js';
import { ownFields } from '../core/own.js';
import { filledTemplate } from '../core/reroute/filled-template.js';
import { asTag } from '../core/reroute/locale.js';
import type { HeldMessage } from '../stores/held-store.js';
import type { DispatchHost } from './dispatch-host.js';
import type { Nudge, ReleasedMessage, ResolvedHold } from './options.js';

/** How long sending one message may take. */
export const RELEASE_MS = 30_000;

/** Sends one held message, gives it up, or nudges the customer to write. */
export class Outgoing {
  readonly #options: ResolvedHold;

  constructor(options: ResolvedHold) {
    this.#options = options;
  }

  /** Rejects if another attempt may succeed. */
  send(message: HeldMessage, host: DispatchHost): Promise<'accepted' | 'rejected'> {
    return this.#send({ ...messageOf(message), kind: 'held' }, host);
  }

  async #send(message: ReleasedMessage, host: DispatchHost): Promise<'accepted' | 'rejected'> {
    const { release } = this.#options;
    if (release === undefined) return host.post(message);
    const text = `Hook threw or took too long; a message ${message.kind === 'held' ? 'keeps waiting' : 'is not sent'}`;
    const result = await this.#call('release', () => release(message), { host, text });
    return result === 'rejected' ? 'rejected' : 'accepted';
  }

  /** Not awaited: the message is sent, whatever the hook does. */
  reportReleased(message: HeldMessage, host: DispatchHost): void {
    const { onReleased } = this.#options;
    if (onReleased === undefined) return;
    const text = 'Hook threw or took too long; the message was sent';
    const call = this.#call('onReleased', () => onReleased({ ...messageOf(message), kind: 'held' }), { host, text });
    call.catch(() => {});
  }

  async giveUp(message: HeldMessage, why: 'expired' | 'rejected', host: DispatchHost): Promise<void> {
    const { workspaceId, channelId, id } = message;
    const { onExpired } = this.#options;
    const text = 'Hook threw or took too long; it is called again';
    if (onExpired !== undefined)
      await this.#call('onExpired', () => onExpired(structuredClone(message), why), { host, text });
    host.logger.warn({ workspaceId, channelId, id, why }, 'Held message dropped');
  }

  /** Calls a hook within the time limit, and reports whether it works. Rejects if the hook fails. */
  async #call(
    name: string,
    hook: () => unknown,
    { host, text }: { readonly host: DispatchHost; readonly text: string },
  ): Promise<unknown> {
    const { workspaceId, clock, hooks } = host;
    try {
      const result = await withinDeadline(clock, RELEASE_MS, (async () => hook())());
      hooks.worked({ name, workspaceId });
      return result;
    } catch (error) {
      hooks.failed({ name, workspaceId }, { cause: 'hook_failed', text, error });
      throw error;
    }
  }

  /** At most once: the nudge is recorded before it is sent. */
  async nudge(message: HeldMessage, host: DispatchHost): Promise<void> {
    const { nudge, store } = this.#options;
    if (nudge === undefined) return;
    const { workspaceId, channelId } = message;
    const hook = { name: 'nudge', workspaceId };
    try {
      if (!(await store.claimNudge(message))) return;
      const result = await this.#send({ ...messageOf(message), message: nudgeOf(nudge, message), kind: 'nudge' }, host);
      host.hooks.worked(hook);
      if (result === 'rejected') host.logger.error({ workspaceId, channelId }, 'Nudge refused by Bird');
    } catch {
      const text = 'A nudge could not be sent; it is not retried';
      const overText = 'Nudges can be sent again';
      host.hooks.failed(hook, { cause: 'hook_failed', text, overText, fields: { channelId } });
    }
  }
}

/** A copy: `release` may change it, and the message may have to be sent again. */
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
