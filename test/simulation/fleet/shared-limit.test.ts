import { describe, expect, it } from 'vitest';
import { HEARTBEAT_MS } from '../../../src/redis/connection.js';
import { MEMBER_LIFE_MS } from '../../../src/redis/fleet/read-budget-scripts.js';
import { Random } from '../model/random.js';
import { Timeline } from '../model/timeline.js';
import { RedisLinkFaults } from '../server/redis-link-faults.js';
import { Server } from '../server/server.js';
import { ServerLink } from '../server/server-link.js';
import { keys, storeOver } from './shared-store.js';

const limit = { perSecond: 40, burst: 10 };
const PROCESSES = 4;
/** Long after the start: until then most heartbeats are skipped. */
const CALM_AT = 60_000;

interface Fleet {
  readonly timeline: Timeline;
  /** Of each process. */
  readonly timelines: readonly Timeline[];
  readonly server: Server;
  readonly links: readonly ServerLink[];
  /** Asks for a number of reads of each at once. `taken` then shows which process got one and when, and `alone` which got none. */
  readonly ask: (processes: readonly number[], each: number) => void;
  readonly taken: readonly { readonly process: number; readonly at: number }[];
  readonly alone: readonly { readonly process: number; readonly at: number }[];
}

/** Stores as `redisStore` makes them, in virtual time. */
function fleetOf(count: number): Fleet {
  const timeline = new Timeline(0);
  const timelines = Array.from({ length: count }, () => timeline.another());
  const timelineOf = (process: number): Timeline => timelines[process] ?? timeline;
  const server = new Server();
  const nobody = { onNotified: () => {}, onForgotten: () => {}, count: () => {} };
  const linkFaults = new RedisLinkFaults(new Random(1, 0), () => {});
  const links = Array.from(
    { length: count },
    (_, process) =>
      new ServerLink({ ...nobody, process, timeline: timelineOf(process), keys, linkFaults, find: () => server }),
  );
  const stores = links.map((link, process) => storeOver(link, timelineOf(process), { instances: PROCESSES, max: 10 }));
  timeline.flushPromises();
  const taken: { process: number; at: number }[] = [];
  const alone: { process: number; at: number }[] = [];
  const askOne = async (process: number): Promise<void> => {
    const answer = await stores[process]?.fleet.takeRead('w', limit, 2_000);
    if (answer === 'taken') taken.push({ process, at: timeline.now });
    else if (answer !== 'spent') alone.push({ process, at: timeline.now });
  };
  const ask = (processes: readonly number[], each: number): void => {
    timeline.flushPromises();
    for (const process of processes) for (let one = 0; one < each; one += 1) void askOne(process);
  };
  return { timeline, timelines, server, links, ask, taken, alone };
}

describe('the limit that simulated processes share', () => {
  it.each([
    [4, 40],
    [3, 30],
    [1, 10],
  ])('is the part of the %i who are there, also when they have not asked for long', async (count, perSecond) => {
    const { timeline, ask, taken } = fleetOf(count);
    await timeline.run(CALM_AT);
    ask([0], 100);
    await timeline.run(CALM_AT + 1_000);
    expect(taken.length).toBeGreaterThanOrEqual(perSecond);
    expect(taken.length).toBeLessThanOrEqual(8 + perSecond);
  });

  it('is left to the others by one that is cut off, until they do not count on it any more', async () => {
    const { timeline, links, ask, taken, alone } = fleetOf(PROCESSES);
    await timeline.run(CALM_AT);
    links[0]?.cut(CALM_AT + 10_000);
    await timeline.run(CALM_AT + 1);
    ask([0], 1);
    await timeline.run(CALM_AT + 290);
    expect(alone).toEqual([]);
    await timeline.run(CALM_AT + 810);
    expect(alone).toMatchObject([{ process: 0 }]);
    // The last heartbeat was up to 250 ms ago, and carried the time that the one before it had brought.
    expect(alone[0]?.at).toBeGreaterThan(CALM_AT + MEMBER_LIFE_MS - 2 * HEARTBEAT_MS);
    ask([1], 100);
    await timeline.run(CALM_AT + 1_810);
    expect(taken.length).toBeLessThanOrEqual(8 + 30);
  });

  it('is not exceeded by a process whose machine sleeps, and that wakes with its grants', async () => {
    const { timeline, timelines, ask, taken } = fleetOf(PROCESSES);
    await timeline.run(CALM_AT);
    ask([0], 30);
    await timeline.run(CALM_AT + 20);
    timelines[0]?.sleep(700);
    ask([1, 2, 3], 40);
    await timeline.run(CALM_AT + 6_000);
    const times = taken.map(({ at }) => at);
    const most = Math.max(...times.map((at) => times.filter((other) => other > at - 1_000 && other <= at).length));
    expect(most).toBeLessThanOrEqual(50);
  });

  it('begins without a burst when the server has lost its memory', async () => {
    const { timeline, server, ask, taken } = fleetOf(PROCESSES);
    await timeline.run(CALM_AT);
    server.flush();
    ask([0, 1, 2, 3], 30);
    await timeline.run(CALM_AT + 299);
    expect(taken).toEqual([]);
    await timeline.run(CALM_AT + 1_300);
    expect(taken.length).toBeLessThanOrEqual(42);
  });
});
