import type { Mutation } from './mutation.js';

/** Who a contact is. */
export const identities: readonly Mutation[] = [
  {
    name: "a date of Bird's hides the contact's other identities, though a refusal refutes it",
    file: 'lookup/remembered.ts',
    find: 'return refusedAt === undefined && isAhead(',
    replace: 'return isAhead(',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'a refusal of one number of a contact denies what goes to the other',
    file: 'lookup/window-cache.ts',
    find: `known = (await this.#recallOwn(target)) ?? noEvidence;
    }`,
    replace: `known = (await this.recallFor(target)) ?? noEvidence;
    }`,
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'a contact that has written from another identity is denied',
    file: 'lookup/other-identities.ts',
    find: 'return latest(evidence?.lastInboundAt, evidence?.contactWroteAt);',
    replace: 'return evidence === undefined ? undefined : undefined;',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'another spelling of a number is nobody',
    file: 'lookup/other-identities.ts',
    find: 'if (spelling !== undefined) addresses.push(spelling);',
    replace: '',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: "the other spelling's contact is not asked for",
    file: 'lookup/other-identities.ts',
    find: 'return (await this.#isOpenUnder(target, spelling, look)) ? look.now() : undefined;',
    replace: 'return undefined;',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'an id and an address that were observed together are two windows',
    file: 'guard/observations/observations.ts',
    find: 'links.note(ref, contactId, byAddress.address);',
    replace: '',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'an id with two addresses goes to the first of them',
    file: 'stores/customer-windows.ts',
    find: "known === undefined || known === name ? name : 'several'",
    replace: 'known === undefined || known === name ? name : known',
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'reads for one address are shared, whatever the contact id is',
    file: 'lookup/window-cache.ts',
    find: "const by = contactId || (identifier?.key ?? '');",
    replace: "const by = contactId === identifier?.key ? '' : '';",
    tests: ['guard/windows/identities.test.ts'],
  },
  {
    name: 'what Bird answers for a pair that does not belong together opens for others',
    file: 'lookup/remembered.ts',
    find: 'return readFor === undefined || readFor === contactId;',
    replace: 'return readFor === undefined || contactId !== readFor || true;',
    tests: ['guard/windows/identities.test.ts'],
  },
];
