import { describe, expect, it } from 'vitest';
import {
  identifierOf,
  type ObservedContact,
  readContact,
  readId,
  replyOf,
} from '../../../src/guard/observations/observed.js';
import { keepSecret, recordLetOut } from '../../support/canary.js';

const workspaceId = 'aaaaaaaa-1111-4111-8111-111111111111';
const channelId = 'bbbbbbbb-2222-4222-8222-222222222222';
const contactId = 'cccccccc-3333-4333-8333-333333333333';
const address = '+31612345678';
const ref = { workspaceId, channelId };
const byAddress = { ...ref, address };
const byId = { ...ref, address: ` id:${contactId}` };

describe('an observed contact', () => {
  it.each([
    ['an address', { address }, { contactId: undefined, byAddress, byId: undefined }],
    ['an id', { contactId }, { contactId, byAddress: undefined, byId }],
    ['both', { address, contactId }, { contactId, byAddress, byId }],
  ])('with %s has the windows of what is given', (_, given, read) => {
    expect(readContact({ ...ref, ...given }, 'sent')).toEqual({ ref, ...read });
  });

  it('is the same in whichever letter case its ids are given, the first time and after', () => {
    const upper = {
      workspaceId: workspaceId.toUpperCase(),
      channelId: channelId.toUpperCase(),
      contactId: contactId.toUpperCase(),
    };
    for (const given of [upper, { ...ref, contactId }, upper]) {
      expect(readContact(given, 'sent')).toEqual({ ref, contactId, byAddress: undefined, byId });
    }
  });

  it.each([
    ['31612345678', 'phonenumber', '+31612345678'],
    // Digits may be an id of the platform.
    ['31612345678', undefined, '31612345678'],
    ['31612345678', 'whatsapp', '31612345678'],
    ['31612345678', ['phonenumber'], '31612345678'],
    ['31612345678', null, '31612345678'],
    ['+31 (0)6 1234 5678', undefined, '+31612345678'],
  ])('with the address %j and the key %j has the window of %j', (given, identifierKey, expected) => {
    const contact = { ...ref, address: given, identifierKey } as ObservedContact;
    expect(readContact(contact, 'sent').byAddress).toEqual({ ...ref, address: expected });
  });

  it.each([
    ['nothing', undefined, 'observeOptOut: the argument must be'],
    ['no workspace', { channelId, address }, 'observeOptOut: workspaceId must be a UUID; received undefined'],
    [
      'a name for a workspace',
      { workspaceId: 'main', channelId, address },
      'observeOptOut: workspaceId must be a UUID',
    ],
    ['no channel', { workspaceId, address }, 'observeOptOut: channelId must be a UUID; received undefined'],
    ['neither id nor address', ref, 'observeOptOut needs contactId or address'],
    [
      'a number for an id',
      { ...ref, contactId: address },
      'observeOptOut: contactId must be a UUID; received a string',
    ],
    ['an empty address', { ...ref, address: ' ' }, 'observeOptOut: address must be a non-empty string'],
    [
      'an address that is a number',
      { ...ref, address: 31612345678 },
      'observeOptOut: address must be a non-empty string',
    ],
    ['an inherited id', Object.assign(Object.create({ contactId }), ref), 'observeOptOut needs contactId or address'],
  ])('with %s throws a TypeError that names the function and the field', (_, contact, text) => {
    keepSecret(address);
    const read = (): unknown => readContact(contact as ObservedContact, 'observeOptOut');
    expect(read).toThrow(TypeError);
    expect(read).toThrow(text);
    try {
      read();
    } catch (error) {
      recordLetOut('error', error);
    }
  });

  it('takes neither a key nor an id from a prototype', () => {
    const contact = Object.assign(Object.create({ identifierKey: 'phonenumber', contactId }), {
      ...ref,
      address: '31612345678',
    });
    expect(readContact(contact, 'sent')).toMatchObject({ byAddress: { address: '31612345678' }, byId: undefined });
  });
});

describe('an id', () => {
  it('is given in lower case, and anything else throws with its field', () => {
    expect(readId(contactId.toUpperCase(), 'forget', 'contactId')).toBe(contactId);
    expect(() => readId(5, 'forget', 'channelId')).toThrow(
      new TypeError('forget: channelId must be a UUID; received a number'),
    );
  });
});

describe('by what an observed contact can be searched', () => {
  const identifier = { workspaceId, key: 'phonenumber', value: address };

  it.each([
    ['its address', { address: '+31 6 1234 5678' }, identifier],
    ['its address of the kind that is named', { address: '31612345678', identifierKey: 'phonenumber' }, identifier],
    ['its address where the kind is no text', { address, identifierKey: 5 }, identifier],
    ['nothing where the kind is not known', { address: '12345678' }, undefined],
    ['nothing where only the kind is known', { identifierKey: 'phonenumber' }, undefined],
    ['nothing where only the id is known', { contactId }, undefined],
  ])('is %s', (_, contact, expected) => {
    expect(identifierOf({ workspaceId, ...contact } as never)).toEqual(expected);
  });
});

describe('what a held message is told of a reply', () => {
  it('is who wrote, where, and what', () => {
    const event = { ...ref, contactId, address, text: 'STOP', at: 5, messageId: 'one' };
    expect(replyOf(event)).toEqual({ ...ref, contactId, address, text: 'STOP' });
  });

  it.each([undefined, null, 5, ['STOP']])('has no text where that is %j', (text) => {
    const reply = replyOf({ ...ref, address, text } as never);
    expect(reply).toEqual({ ...ref, contactId: undefined, address, text: undefined });
  });
});
