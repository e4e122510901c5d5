import type { Mutation } from './mutation.js';

/** Messages that wait for the customer. */
export const held: readonly Mutation[] = [
  {
    name: 'a held message is the same as any other with its reference',
    file: 'stores/held-content.ts',
    find: 'return JSON.stringify([reference, conversationId, contact, message], sorted);',
    replace: 'return JSON.stringify([reference], sorted);',
    tests: ['stores/memory-held-store.test.ts', 'held/held-field.test.ts'],
  },
  {
    name: "what is held is the caller's own object",
    file: 'held/queue.ts',
    find: '[jsonCopy(send.message), jsonCopy(recipientOf(send))]',
    replace: '[send.message, jsonCopy(recipientOf(send))]',
    tests: ['held/held-field.test.ts'],
  },
  {
    name: 'a release that gives a message up counts as sent',
    file: 'held/outgoing.ts',
    find: "return result === 'rejected' ? 'rejected' : 'accepted';",
    replace: "return result === undefined ? 'accepted' : 'accepted';",
    tests: ['held/held-field.test.ts'],
  },
  {
    name: 'an opt-out word releases what waits',
    file: 'held/pauses.ts',
    find: 'const byDefault = !isOptOutWord(reply.text);',
    replace: "const byDefault = !isOptOutWord('');",
    tests: ['held/held-field.test.ts'],
  },
  {
    name: "one guard's end ends the work of another with the same policy",
    file: 'held/dispatcher.ts',
    find: 'const left = all.filter((attached) => attached.host !== host);',
    replace: 'const left: typeof all = [];',
    tests: ['held/held-field.test.ts'],
  },
  {
    name: 'what is held is sent even into a closed window',
    file: 'held/window-release.ts',
    find: "if (verdict === 'deny') {",
    replace: "if (verdict === ('never' as string)) {",
    tests: ['held/hold-until-reply.test.ts'],
  },
  {
    name: 'what was released is still held',
    file: 'held/window-release.ts',
    find: 'await options.store.remove(message);\n    return true;',
    replace: 'return true;',
    tests: ['held/hold-until-reply.test.ts'],
  },
  {
    name: 'a nudge with each message that is held',
    file: 'held/outgoing.ts',
    find: 'if (!(await store.claimNudge(message))) return;',
    replace: '',
    tests: ['held/hold-until-reply.test.ts'],
  },
];
