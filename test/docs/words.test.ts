import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../packaging/staged-package.js';

/** Names and phrases that only this project once knew, and what the field says. */
const privateWords: readonly (readonly [pattern: RegExp, better: string])[] = [
  [/\b(?:MOST|LONGEST|SHORTEST|FEWEST|LEAST)_/, 'MAX_ or MIN_'],
  [/\b(?:mostMs|patienceMs)\b/, 'maxWaitMs, timeoutMs'],
  [/\b(?:DecidingGuard|Judgement|readQuestion)\b/, 'GuardEngine, SourcedDecision, parseSend'],
  [/\b(?:Holdings?|HoldingHost|Releases)\b(?! [a-z])/, 'HeldMessages, HeldMessageQueue, DispatchHost, Dispatcher'],
  [/\b(?:CachedWindows|ChannelMemory|ConversationMemory|ContactIds)\b/, 'WindowCache and so on'],
  [/\b(?:SharedReads?|SharedWindows|Slots|UntilHeard|Alone)\b/, 'CoalescedReads, RemoteWindows, LocalWindows'],
  [/\b(?:AccessHold|holdingLookup|ReadBudget)\b/, 'DeniedKeyCooldown, FairTokenBucket'],
  [/\b(?:RedisLink|RedisAway|isWell|isQuick|untold)\b/, 'RedisConnection, RedisUnavailable, isReady, isResponsive'],
  [/\b(?:stir|onStir|company)\b/i, 'wake, waiters'],
  [/\bways? out\b|\bopenings?\b/, 'reroute policies, open windows'],
  [/\b(?:could not|cannot) be had\b|\b(?:was|are|not|is) taken over\b/, 'obtained, accepted'],
  [/\bmend(?:s|ed)?\b/, 'fix'],
  [/is not an option; known|a text that is not empty|list of at least one text/, 'valid options, non-empty'],
];

const sources = ['src', 'docs'].flatMap((folder) =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|md)$/.test(name))
    .map((name) => join(folder, name)),
);

it.each(privateWords)('%s is not said: the field says %s', (pattern) => {
  const said = [...sources, 'README.md', 'CONTRIBUTING.md'].flatMap((path) =>
    readFileSync(join(projectRoot, path), 'utf8')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
  expect(said).toEqual([]);
});
