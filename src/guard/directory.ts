import { readRecipient } from '../bird/send/address.js';
import { withinDeadline } from '../clock.js';
import { platformName } from '../core/platforms.js';
import type { ContactIdentifier, SendToReroute } from '../core/reroute/policy.js';
import { toId } from '../core/uuid.js';
import { limitsOf } from '../lookup/patience.js';
import type { ChannelFacts, ChannelRef, Clock } from '../ports.js';
import { type Deadline, patienceOf } from './deadline.js';
import type { Notices } from './notices/notices.js';
import type { Workspace } from './workspaces/workspace.js';

export interface DirectoryParts {
  readonly clock: Clock;
  readonly notices: Notices;
  readonly load: (workspaceId: string) => Promise<Workspace | 'unknown'>;
}

/** What can be found out about channels and contacts, beside their windows. */
export class Directory {
  readonly #parts: DirectoryParts;

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
  }

  /**
   * Facts of a channel that may be old while Bird cannot be read. `undefined` where the guard has no options for the
   * workspace.
   *
   * @throws {LookupError}
   */
  async channel(ref: ChannelRef): Promise<ChannelFacts | undefined> {
    const workspace = await this.#parts.load(ref.workspaceId);
    if (workspace === 'unknown') return undefined;
    const readMs = workspace.policyFor(ref.channelId).deadlineMs;
    const fresh = workspace.channels.recallFresh(ref.channelId);
    if (fresh !== undefined) return fresh;
    try {
      return await workspace.channels.read(ref, { readMs, wait: undefined }, () => true);
    } catch (error) {
      // Whose channel it is and its platform never change. One that is gone has been dropped.
      const old = workspace.channels.recall(ref.channelId);
      if (old === undefined) throw error;
      return old;
    }
  }

  /** `undefined` where it cannot be obtained in time. */
  platformOf({ workspaceId }: SendToReroute, channelId: string, { at }: Deadline): Promise<string | undefined> {
    return this.#inTime({ workspaceId, channelId }, at, async (ref) => {
      const facts = await this.channel(ref);
      return facts && platformName(facts.platformId);
    });
  }

  /** By what the contact of a send can be reached; `undefined` where that cannot be obtained in time. */
  identifiersOf(send: SendToReroute, deadline: Deadline): Promise<readonly ContactIdentifier[] | undefined> {
    return this.#inTime(send, deadline.at, async ({ workspaceId, channelId }) => {
      const workspace = await this.#parts.load(workspaceId);
      const recipient = readRecipient(send.contact);
      if (workspace === 'unknown' || typeof recipient === 'string') return undefined;
      const { contactId, identifier } = recipient;
      const named = { workspaceId, contactId, identifier: identifier && { workspaceId, ...identifier } };
      const patience = patienceOf(deadline, workspace.policyFor(channelId));
      return workspace.identifiers.find(named, limitsOf(patience, this.#parts.clock.now()));
    });
  }

  async #inTime<T>(
    place: Pick<SendToReroute, 'workspaceId' | 'channelId'>,
    deadlineAt: number,
    ask: (ref: ChannelRef) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { clock, notices } = this.#parts;
    const workspaceId = toId(place.workspaceId);
    const channelId = toId(place.channelId);
    if (workspaceId === undefined || channelId === undefined) return undefined;
    const leftMs = Math.max(0, deadlineAt - clock.now());
    return withinDeadline(clock, leftMs, ask({ workspaceId, channelId })).catch((error) => {
      notices.failure(error, { workspaceId, channelId });
      return undefined;
    });
  }
}
