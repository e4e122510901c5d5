import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoalescedReads } from '../../src/lookup/coalesced-reads.js';
import type { ReadWaiters } from '../../src/ports.js';
import { deferred, turns } from '../guard/support.js';

interface Answer {
  readonly read: number;
  readonly isOpen: boolean;
}

/** Reads that the test settles one by one. */
class Provider {
  readonly reads = new CoalescedReads<Answer>();
  started = 0;
  running = 0;
  mostRunning = 0;
  readonly #pending: { settle(how: 'open' | 'closed' | 'failed'): void }[] = [];

  ask(): Promise<Answer> {
    return this.reads.read(
      'key',
      () => this.#start(),
      ({ isOpen }) => isOpen,
    );
  }

  /** Settles the oldest read that runs; false when none does. */
  settle(how: 'open' | 'closed' | 'failed'): boolean {
    const oldest = this.#pending.shift();
    oldest?.settle(how);
    return oldest !== undefined;
  }

  #start(): Promise<Answer> {
    this.started += 1;
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    const read = this.started;
    const { promise, resolve, reject } = deferred<Answer>();
    this.#pending.push({
      settle: (how) => {
        this.running -= 1;
        if (how === 'failed') reject(new Error(`read ${read} failed`));
        else resolve({ read, isOpen: how === 'open' });
      },
    });
    return promise;
  }
}

describe('CoalescedReads', () => {
  it('gives one read to all who ask while none is running', async () => {
    const provider = new Provider();
    const first = provider.ask();
    provider.settle('closed');
    expect(await first).toEqual({ read: 1, isOpen: false });
    expect(provider.started).toBe(1);
  });

  describe('a read that tells its waiters when Bird was asked', () => {
    /** Reads that are never open; the test tells what each says, and reports to the waiters of the first. */
    function setUp() {
      const reads = new CoalescedReads<string>();
      const answers: { readonly waiters: ReadWaiters; readonly resolve: (answer: string) => void }[] = [];
      const start = (waiters: ReadWaiters): Promise<string> => {
        const { promise, resolve } = deferred<string>();
        answers.push({ waiters, resolve });
        return promise;
      };
      const ask = (): Promise<string> => reads.read('key', start, () => false);
      const first = ask();
      const waiters = answers[0]?.waiters as ReadWaiters;
      return { answers, ask, first, waiters };
    }

    it('gives a closed answer also to those who joined before, and another read to those who came later', async () => {
      const { answers, ask, first, waiters } = setUp();
      const early = ask();
      expect(waiters.joined).toBe(1);
      waiters.serves(1);
      const late = ask();
      // Less than was reported before takes nothing back.
      waiters.serves(0);
      answers[0]?.resolve('closed');
      await turns(1);
      answers[1]?.resolve('closed again');
      expect(await Promise.all([first, early, late])).toEqual(['closed', 'closed', 'closed again']);
      expect(answers).toHaveLength(2);
    });

    it('hears when more have joined than it knows of', async () => {
      const { ask, waiters } = setUp();
      const heard: number[] = [];
      const listen = (since: number): void => void waiters.grown(since).then(() => heard.push(since));
      listen(0);
      await turns(1);
      expect(heard).toEqual([]);
      void ask();
      listen(1);
      await turns(1);
      expect(heard).toEqual([0]);
      void ask();
      await turns(1);
      expect(heard).toEqual([0, 1]);
      // Two have joined by now.
      listen(1);
      await turns(1);
      expect(heard).toEqual([0, 1, 1]);
    });
  });

  it('remembers no answer: the next question is read again', async () => {
    const provider = new Provider();
    for (const how of ['open', 'closed', 'open'] as const) {
      const answer = provider.ask();
      provider.settle(how);
      await answer;
    }
    expect(provider.started).toBe(3);
  });

  it('gives the answer of a running read to a later asker who accepts it, and another read to one who does not', async () => {
    const provider = new Provider();
    const first = provider.ask();
    const second = provider.ask();
    provider.settle('closed');
    expect(await first).toEqual({ read: 1, isOpen: false });
    await turns();
    const third = provider.ask();
    provider.settle('open');
    expect(await second).toEqual({ read: 2, isOpen: true });
    expect(await third).toEqual({ read: 2, isOpen: true });
  });

  it('lets the running read fail only those who started it', async () => {
    const provider = new Provider();
    const first = provider.ask();
    const later = [provider.ask(), provider.ask()];
    provider.settle('failed');
    await expect(first).rejects.toThrow('read 1 failed');
    await turns();
    expect(provider.started).toBe(2);
    provider.settle('closed');
    expect(await Promise.all(later)).toEqual(Array(2).fill({ read: 2, isOpen: false }));
  });

  it('fails all who wait for a read that fails and started after they came, and reads afresh afterwards', async () => {
    const provider = new Provider();
    const first = provider.ask();
    const later = [provider.ask(), provider.ask()].map((asked) => asked.catch(String));
    provider.settle('closed');
    await first;
    await turns();
    provider.settle('failed');
    expect(await Promise.all(later)).toEqual(Array(2).fill('Error: read 2 failed'));
    const next = provider.ask();
    provider.settle('open');
    expect(await next).toEqual({ read: 3, isOpen: true });
  });

  it('rejects when the read cannot even be started, and is not stuck afterwards', async () => {
    const reads = new CoalescedReads<string>();
    const breaks = (): Promise<string> => {
      throw new Error('broken');
    };
    await expect(reads.read('key', breaks, () => true)).rejects.toThrow('broken');
    expect(
      await reads.read(
        'key',
        async () => 'fine',
        () => true,
      ),
    ).toBe('fine');
  });

  it('keeps keys apart, whatever they are called', async () => {
    const reads = new CoalescedReads<string>();
    const keys = ['constructor', '__proto__', 'toString', ''];
    const answers = keys.map((key) =>
      reads.read(
        key,
        async () => `of ${key}`,
        () => true,
      ),
    );
    expect(await Promise.all(answers)).toEqual(keys.map((key) => `of ${key}`));
  });

  it('property: whatever the order, one read runs at a time and nobody gets a closed that was asked before they came [L1]', async () => {
    const step = fc.constantFrom('ask', 'open', 'closed', 'failed', 'turn');
    const run = async (steps: readonly ('ask' | 'open' | 'closed' | 'failed' | 'turn')[]): Promise<void> => {
      const provider = new Provider();
      const asked: Promise<void>[] = [];
      const ask = (): void => {
        const startedBefore = provider.started;
        const check = ({ read, isOpen }: Answer): void => expect(isOpen || read > startedBefore).toBe(true);
        asked.push(provider.ask().then(check, (error) => expect(String(error)).toMatch(/read \d+ failed/)));
      };
      for (const name of steps) {
        if (name === 'ask') ask();
        else if (name === 'turn') await Promise.resolve();
        else provider.settle(name);
      }
      // At most the running read and the one that is awaited after it are left.
      for (let rest = 0; rest < 2; rest += 1) {
        await turns(1);
        provider.settle('closed');
      }
      await Promise.all(asked);
      expect(provider.mostRunning).toBeLessThanOrEqual(1);
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), run), { numRuns: 300 });
  });
});
