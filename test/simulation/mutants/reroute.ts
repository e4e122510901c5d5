import type { Mutation } from './mutation.js';

/** What becomes of a message that may not be sent as it is. */
export const reroute: readonly Mutation[] = [
  {
    name: 'what a policy gives is not asked about again',
    file: 'guard/reroute.ts',
    find: "if (decision.verdict !== 'allow') return 'not_permitted';",
    replace: '',
    tests: ['guard/reroute.property.test.ts'],
  },
  {
    name: 'a hold that came too late stays',
    file: 'guard/reroute.ts',
    find: '(isLate && result ? settling(result, circumstances)(false) : undefined)',
    replace: 'undefined',
    tests: ['held/hold-until-reply.test.ts'],
  },
  {
    name: 'a request that is refused keeps what was held for one of its recipients',
    file: 'http/request/carry-out.ts',
    find: 'settling(carried)(false);',
    replace: '',
    tests: ['http/reroute/recipients.test.ts'],
  },
  {
    name: 'the text that is too long is cut off',
    file: 'core/reroute/template-variable.ts',
    find: '    return this.#lines;',
    replace: '    return this.#lines.slice(0, 1);',
    tests: ['guard/reroute.property.test.ts'],
  },
];
