import { describe, expect, it } from 'vitest';
import { createSmallWorld, sendPath, startService } from '../../support/service.js';
import { textMessage } from '../../support/world.js';
import { situations } from '../reasons.js';
import { parseDictionary } from './structured-field.js';

describe('the Freeform-Window header', () => {
  it.each(situations)(
    'for %s is a structured field of tokens, integers and booleans [S11]',
    async (reason, situation) => {
      const world = await createSmallWorld(situation.world);
      await situation.arrange?.(world);
      const service = await startService(world, { handler: (_req, res) => void res.end('passed') });
      const { message = textMessage, path = sendPath } = situation;
      const { window = '', status } = await service.call(path(world), message());
      const { verdict, source, ...others } = parseDictionary(window);
      expect(verdict).toEqual({
        value: { token: situation.verdict },
        parameters: { reason: { token: reason } },
      });
      expect(source).toEqual({ value: { token: expect.stringMatching(/^(memory|bird|none)$/) }, parameters: {} });
      expect(others).toEqual({});
      expect(status).toBe(situation.verdict === 'deny' ? 409 : 200);
    },
  );

  it.each([
    ['a text', 'reason="closed"'],
    ['bytes', 'reason=:YQ==:'],
    ['a date', 'at=@1659578233'],
    ['a decimal', 'share=1.5'],
    ['an inner list', 'reasons=(a b)'],
    ['a key in upper case', 'Reason=a'],
    ['a comma at the end', 'reason=a,'],
    ['no comma', 'reason=a source=b'],
    ['a key twice', 'reason=a, reason=b'],
    ['text that is not ASCII', 'reason=é'],
  ])('may not hold %s: the parser of these tests refuses it', (_, field) => {
    expect(() => parseDictionary(field)).toThrow(SyntaxError);
  });
});
