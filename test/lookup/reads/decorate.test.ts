import { describe, expect, it } from 'vitest';
import { LookupError } from '../../../src/errors.js';
import { decorate, type QuestionNature } from '../../../src/lookup/reads/decorate.js';
import { watchedLookup } from '../../../src/lookup/reads/watched.js';
import type { Lookup, ReadLimits } from '../../../src/ports.js';

const limits: ReadLimits = { giveUpAt: 1, patientMs: undefined };
const kinds = ['channel', 'contactId', 'window', 'conversation', 'identifiers'] as const;

/** A Bird that answers with the name of the question. */
function lookupOf(answer: (kind: string, ...args: unknown[]) => unknown): Lookup {
  const entries = kinds.map((kind) => [kind, async (...args: unknown[]) => answer(kind, ...args)]);
  return Object.fromEntries(entries) as Lookup;
}

describe.each([
  ['channel', 'c'],
  ['contactId', ''],
  ['window', 'c'],
  ['conversation', 'conversations'],
  ['identifiers', 'identifiers'],
] as const)('a question for %s', (kind, lane) => {
  it('is asked as it is, in its lane', async () => {
    const natures: QuestionNature[] = [];
    const asked: unknown[][] = [];
    const inner = lookupOf((...args) => asked.push(args) && kind);
    const lookup = decorate(inner, (nature, ask, given) => {
      natures.push(nature);
      expect(given).toBe(limits);
      return ask();
    });
    const ref = { channelId: 'c' } as never;
    expect(await lookup[kind](ref, limits)).toBe(kind);
    expect([natures, asked]).toEqual([[{ kind, lane }], [[kind, ref, limits]]]);
  });

  it('may be asked within other limits', async () => {
    const other: ReadLimits = { giveUpAt: 2, patientMs: 5 };
    const asked: unknown[] = [];
    const lookup = decorate(
      lookupOf((_, __, given) => asked.push(given)),
      (_nature, ask) => ask(other),
    );
    await lookup[kind]({ channelId: 'c' } as never, limits);
    expect(asked).toEqual([other]);
  });

  it('is watched: how it ends, where Bird was asked', async () => {
    const seen: string[] = [];
    const watcher = {
      answered: (nature: QuestionNature) => void seen.push(`answered ${nature.kind}`),
      failed: (nature: QuestionNature, error: LookupError) => void seen.push(`failed ${nature.kind} ${error.code}`),
    };
    const ask = (outcome: unknown): Promise<unknown> => {
      const inner = lookupOf(() => {
        if (outcome instanceof Error) throw outcome;
        return outcome;
      });
      return watchedLookup(inner, watcher)
        [kind]({ channelId: 'c' } as never, limits)
        .catch((error: unknown) => error);
    };
    const failed = new LookupError('lookup_failed', 'down', { trouble: 'unreachable' as never });
    const outcomes = [
      'facts',
      failed,
      // Bird has answered: nobody is there.
      new LookupError('contact_not_found', 'nobody'),
      // Refused before anybody was asked.
      new LookupError('lookup_budget_spent', 'later'),
      new TypeError('a bug'),
    ];
    for (const outcome of outcomes) expect(await ask(outcome)).toBe(outcome);
    expect(seen).toEqual([`answered ${kind}`, `failed ${kind} lookup_failed`, `answered ${kind}`]);
  });
});
