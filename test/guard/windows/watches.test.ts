import { expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { WindowWatches, type WindowWatchesParts } from '../../../src/guard/watches/window-watches.js';
import type { WindowStatus } from '../../../src/guard/window-query.js';
import { turns } from '../support.js';

const workspaceId = crypto.randomUUID();
const channelId = crypto.randomUUID();
const nobody = { changed: () => {}, closed: () => {} };

interface World {
  readonly watches: WindowWatches;
  readonly recalled: string[];
  readonly asked: string[];
  answer(): void;
}

/** Watches whose Bird answers when it is told to. */
function createWatches(): World {
  const [recalled, asked]: [string[], string[]] = [[], []];
  let answer = (): void => {};
  const answered = new Promise<WindowStatus>((resolve) => {
    answer = () => resolve({ verdict: 'unknown' } as WindowStatus);
  });
  const parts: WindowWatchesParts = {
    clock: { ...systemClock, setTimeout: () => undefined, clearTimeout: () => {} },
    now: () => 0,
    recall: ({ address = '' }) => {
      recalled.push(address);
      return { keys: [{ workspaceId, channelId, address }], status: undefined };
    },
    ask: ({ address = '' }) => {
      asked.push(address);
      return answered;
    },
    isStoreShared: false,
  };
  return { watches: new WindowWatches(parts), recalled, asked, answer };
}

it('a watch that ends while Bird is asked is not found by what is observed any more', async () => {
  const { watches, recalled, answer } = createWatches();
  const watch = watches.watch({ workspaceId, channelId, address: '+31612345678' }, {}, nobody);
  await turns(5);
  watch.stop();
  answer();
  await turns(5);
  expect(recalled).toEqual(['+31612345678']);
});

it('a watch that ends before its turn asks Bird nothing', async () => {
  const { watches, asked } = createWatches();
  const watch = watches.watch({ workspaceId, channelId, address: '+31612345678' }, {}, nobody);
  watch.stop();
  await turns(5);
  expect(asked).toEqual([]);
  watches.watch({ workspaceId, channelId, address: '+31612345679' }, {}, nobody);
  await turns(5);
  expect(asked).toEqual(['+31612345679']);
});
