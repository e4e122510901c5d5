import { describe, expect, it } from 'vitest';
import { otherSpelling } from '../../src/bird/number-spelling.js';

describe('the other spelling of a number (field A3)', () => {
  it.each([
    ['+5511987654321', '+551187654321'],
    ['+5599912345678', undefined],
    ['+5599998765432', '+559998765432'],
    ['+5491123456789', '+541123456789'],
    ['+5213312345678', '+523312345678'],
  ])('of %s is %s, and the other way round', (long, short) => {
    expect(otherSpelling(long)).toBe(short);
    if (short !== undefined) expect(otherSpelling(short)).toBe(long);
  });

  it.each([
    ['a landline of Brazil', '+551132654321'],
    ['a digit too many', '+55119876543210'],
    ['a digit too few', '+55118765432'],
    ['a digit too many, of Argentina', '+54911234567890'],
    ['a digit too many, of Argentina without its 9', '+5411234567890'],
    ['a digit too many, of Mexico', '+52133123456780'],
    ['a digit too many, of Mexico without its 1', '+5233123456780'],
    ['a text that ends with a number of Brazil', '1+5511987654321'],
    ['a text that ends with one without its 9', '1+551187654321'],
    ['a text that ends with a number of Argentina', '1+5491123456789'],
    ['a text that ends with one without its 9, of Argentina', '1+541123456789'],
    ['a text that ends with a number of Mexico', '1+5213312345678'],
    ['a text that ends with one without its 1', '1+523312345678'],
    ['an area code that begins with 0', '+5501987654321'],
    ['a number of Chile', '+56987654321'],
    ['a number of the Netherlands', '+31612345678'],
    ['a number of the United States', '+12025550123'],
    ['no number', 'US.13491208655302741918'],
    ['nothing', ''],
  ])('%s has none: %s', (_, number) => {
    expect(otherSpelling(number)).toBeUndefined();
  });
});
