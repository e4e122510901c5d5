import { LookupError } from '../errors.js';
import { halfOf, type Patience } from '../lookup/patience.js';
import type { ChannelFacts, ChannelRef } from '../ports.js';
import type { Workspace } from './workspaces/workspace.js';

export interface FoundChannel {
  readonly facts: ChannelFacts;
  readonly source: 'memory' | 'bird';
}

/**
 * A channel's facts: fresh ones from memory where they do not deny, else Bird's, else older ones in an outage.
 *
 * @param isUsable whether remembered facts will do: what they deny has to be read again
 * @throws {LookupError}
 */
export function findChannel(
  ref: ChannelRef,
  { channels }: Workspace,
  patience: Patience,
  isUsable: (facts: ChannelFacts) => boolean,
): FoundChannel | Promise<FoundChannel> {
  const fresh = channels.recallFresh(ref.channelId);
  if (fresh !== undefined && isUsable(fresh)) return { facts: fresh, source: 'memory' };
  const older = channels.recall(ref.channelId);
  const fallback = older !== undefined && isUsable(older) ? older : undefined;
  // With something to fall back on, time is left for the window.
  const read = channels.read(ref, fallback === undefined ? patience : halfOf(patience), isUsable);
  return read.then(
    (facts): FoundChannel => ({ facts, source: 'bird' }),
    (error: unknown): FoundChannel => {
      const isGone = error instanceof LookupError && error.code === 'channel_not_found';
      if (fallback === undefined || isGone) throw error;
      return { facts: fallback, source: 'memory' };
    },
  );
}
