import type { Mutation } from './mutation.js';

/** How a campaign could take what replies need, or how an opt-out could be lost or invented. */
export const campaigns: readonly Mutation[] = [
  {
    name: 'a campaign takes any token that is there, and with it the burst of the replies',
    file: 'lookup/reads/read-budget.ts',
    find: 'if (fullAt <= now && this.#waiting.isEmpty) {',
    replace: 'if (this.#tokens >= 1) {',
    tests: ['lookup/reads/patient-reads.test.ts'],
  },
  {
    name: 'a reply waits for the read of a campaign to the same contact',
    file: 'lookup/patience.ts',
    find: 'return patientMs === undefined ? name : ',
    replace: 'return true ? name : ',
    tests: ['guard/reads/campaign.test.ts'],
  },
  {
    name: 'a campaign runs into the circuit breaker instead of waiting',
    file: 'lookup/reads/patient-reads.ts',
    find: 'if (refusedMs === 0) return budget.takeSurplus(by);',
    replace: 'return budget.takeSurplus(by);',
    tests: ['guard/reads/campaign.test.ts'],
  },
  {
    name: 'the last reads of a campaign have no time, and look like an outage',
    file: 'lookup/reads/patient-reads.ts',
    find: 'giveUpAt - Math.min(MIN_READ_MS, patientMs / 2)',
    replace: 'giveUpAt',
    tests: ['guard/reads/campaign.test.ts'],
  },
  {
    name: 'a read of a campaign has the whole deadline of the call to fail in',
    file: 'lookup/reads/patient-reads.ts',
    find: 'giveUpAt: Math.min(giveUpAt, clock.now() + patientMs)',
    replace: 'giveUpAt',
    tests: ['guard/reads/campaign.test.ts'],
  },
  {
    name: 'what the application cannot say of an opt-out allows',
    file: 'guard/opt-out.ts',
    find: "return verdict === 'allow' ? { ...undecided(answer), channel: decided.channel } : decided;",
    replace: 'return decided;',
    tests: ['guard/opt-out.test.ts'],
  },
  {
    name: 'a doubt hides that the contact has opted out',
    file: 'guard/decide.ts',
    find: 'evidence !== undefined && isOptedOut(evidence) ? hasOptedOut : nothingKnown',
    replace: 'nothingKnown',
    tests: ['guard/opt-out.test.ts'],
  },
  {
    name: 'an opt-out that was taken back counts again',
    file: 'lookup/remembered.ts',
    find: '(optedInAt === undefined || optedInAt <= optedOutAt)',
    replace: 'true',
    tests: ['guard/opt-out.test.ts'],
  },
];
