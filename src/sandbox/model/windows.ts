/** What the customers wrote, and so which service windows are open, by (channel, address). */
export interface Windows {
  /** A customer wrote to the channel from this address at this instant (epoch ms). */
  customerWrote(target: WindowTarget, at: number): void;
  /** When the customer last wrote, at or before `at`; `undefined`: not yet. */
  lastInboundAt(target: WindowTarget, at: number): number | undefined;
}

export interface WindowTarget {
  readonly channelId: string;
  readonly address: string;
}

/**
 * Keeps every inbound instant, not only the last, so that a late reader can be shown an older state and a message be
 * judged by the instant at which it is sent.
 */
export function createWindows(): Windows {
  const instantsByTarget = new Map<string, number[]>();
  return {
    customerWrote: (target, at) => {
      const instants = instantsByTarget.get(keyOf(target));
      if (instants === undefined) instantsByTarget.set(keyOf(target), [at]);
      else instants.push(at);
    },
    lastInboundAt: (target, at) => instantsByTarget.get(keyOf(target))?.findLast((instant) => instant <= at),
  };
}

/** One string for (channel, address); channel ids hold no space. */
export function keyOf({ channelId, address }: WindowTarget): string {
  return `${channelId} ${address}`;
}
