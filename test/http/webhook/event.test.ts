import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameOf, parseEvent } from '../../../src/http/webhook/event.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('parseEvent', () => {
  it('reads an event after a body that is not UTF-8, or ends within a character', () => {
    for (const broken of [Buffer.from([0x7b, 0xff, 0x7d]), bytes('{"a":"é"}').subarray(0, 7)]) {
      expect(parseEvent(broken)).toBeUndefined();
      expect(parseEvent(bytes('{"event":"é"}'))).toEqual({ event: 'é' });
    }
  });
});

describe('nameOf', () => {
  const nameFor = (id: string, event: string, status: string): string =>
    nameOf({ event, payload: { id, status } }, bytes(''));

  it('gives different events of messages different names, whatever their parts contain', () => {
    const part = fc.string({ unit: fc.constantFrom('1', ' ', '.', 'a', '"'), maxLength: 4 });
    const event = fc.tuple(
      part.filter((id) => id !== ''),
      part.map((name) => `${name}.inbound`),
      part,
    );
    fc.assert(
      fc.property(event, event, (one, other) => {
        expect(nameFor(...one) === nameFor(...other)).toBe(one.join('\n') === other.join('\n'));
      }),
    );
  });
});
