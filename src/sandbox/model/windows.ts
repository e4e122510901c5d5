/** When customers wrote, by (channel, address): the state from which service windows follow. */
export interface Windows {
  /** Records that a customer wrote to the channel from this address at this instant (epoch ms). */
  customerWrote(target: WindowTarget, at: number): void;
  /** When the customer last wrote, at or before `at`; `undefined`: never. */
  lastInboundAt(target: WindowTarget, at: number): number | undefined;
}

export interface WindowTarget {
  readonly channelId: string;
  readonly address: string;
}

/**
 * Keeps every inbound instant, not only the last, so that a lagging read can show an older state and a message is
 * decided by the instant at which it is sent.
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

/** One string for (channel, address). Channel ids contain no space. */
export function keyOf({ channelId, address }: WindowTarget): string {
  return `${channelId} ${address}`;
}
