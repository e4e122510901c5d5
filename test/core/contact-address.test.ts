import { describe, expect, test } from 'vitest';
import {
  addressOfId,
  contactOfAddress,
  idOfAddress,
  isAddressOfId,
  windowName,
} from '../../src/core/contact-address.js';

const ID = '33333333-3333-4333-8333-333333333333';
const PHONE = '+27000000001';

describe('a window that is stored under a contact', () => {
  test('by id leads back to the id', () => {
    const address = addressOfId(ID);
    expect(isAddressOfId(address)).toBe(true);
    expect(idOfAddress(address)).toBe(ID);
    expect(contactOfAddress(address)).toEqual({ id: ID });
  });

  test.each([PHONE, 'a@example.com', ID, `id:${ID}`])('by an address leads back to the address: %s', (address) => {
    expect(isAddressOfId(address)).toBe(false);
    expect(contactOfAddress(address)).toEqual({ identifierValue: address });
  });
});

test('two windows never have the same name', () => {
  const windows = ['a', 'b'].flatMap((workspaceId) =>
    ['c', 'd'].flatMap((channelId) =>
      [PHONE, `d ${PHONE}`, addressOfId(ID), addressOfId(PHONE)].map((address) =>
        windowName({ workspaceId, channelId }, address),
      ),
    ),
  );
  expect(new Set(windows).size).toBe(windows.length);
});
