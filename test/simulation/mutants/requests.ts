import type { Mutation } from './mutation.js';

/** Which requests are sends, to whom, and what becomes of them. */
export const requests: readonly Mutation[] = [
  {
    name: 'what is no phone number loses its dots and dashes',
    file: 'bird/send/address.ts',
    find: "return compact === '' ? undefined : text;",
    replace: "return compact === '' ? undefined : key === 'phonenumber' ? compact : text;",
    tests: ['bird/send/address.test.ts'],
  },
  {
    name: 'a path is a send in its usual spelling alone',
    file: 'bird/send/send-path.ts',
    find: 'if (literal !== undefined ||',
    replace: 'if (true ||',
    tests: ['bird/send/send-request.test.ts'],
  },
  {
    name: 'a second spelling of the list of messages is not seen',
    file: 'bird/send/send-request.ts',
    find: 'items.length === 0 || isAmbiguous',
    replace: 'items.length === 0 || (false && isAmbiguous)',
    tests: ['core/key-spelling.test.ts'],
  },
  {
    name: 'a send is looked for where the request came to, not where it goes now',
    file: 'bird/send/send-path.ts',
    find: 'const target = targetOfPath(now) ??',
    replace: 'const target = targetOfPath(originalUrl ?? now) ??',
    tests: ['bird/send/send-request.test.ts'],
  },
  {
    name: 'a plain path is looked for where the request came to, not where it goes now',
    file: 'bird/send/send-path.ts',
    find: 'PLAIN_PATH.exec(url)',
    replace: 'PLAIN_PATH.exec(paths.originalUrl ?? url)',
    tests: ['bird/send/send-request.test.ts'],
  },
  {
    name: 'after a reroute the headers speak of the old body',
    file: 'http/request/apply-rewrite.ts',
    find: 'describeBody(head, json);',
    replace: '',
    tests: ['http/middleware/rewritten-body.test.ts'],
  },
  {
    name: 'after a reroute the raw bytes are the old ones',
    file: 'http/request/apply-rewrite.ts',
    find: 'if (face.rawBody !== undefined) face.rawBody = rawBodyOf(json, face.rawBody);',
    replace: '',
    tests: ['http/middleware/rewritten-body.test.ts'],
  },
  {
    name: 'a guard that has decided nothing keeps the next one from it',
    file: 'http/middleware/freeform-guard.ts',
    find: 'const guarded = decision.isDecided ? decidedSends(outcomes, original) : { outcomes, original };',
    replace: 'const guarded = decidedSends(outcomes, original);',
    tests: ['http/middleware/mark.test.ts'],
  },
];
