import { describe, expect, it } from 'vitest';
import { flawOf, flawOfSender, flawOfTime } from '../../../src/guard/notices/send-flaw.js';

const workspaceId = 'aaaaaaaa-1111-4111-8111-111111111111';
const channelId = 'bbbbbbbb-2222-4222-8222-222222222222';
const id = 'cccccccc-3333-4333-8333-333333333333';
const identifierValue = '+31612345678';
const ref = { workspaceId, channelId };

describe('a send', () => {
  it.each([
    { ...ref, contact: { id } },
    { ...ref, contact: { identifierValue } },
    { ...ref, contact: { identifierValue: 'a@example.com' } },
    { ...ref, contact: { identifierKey: 'whatsapp', identifierValue: 'u1' } },
    { ...ref, contact: { identifiers: [] } },
    { ...ref, contact: { platformAddress: 'u1' } },
    { ...ref, contact: { id: null, identifierValue, platformAddress: null } },
    { workspaceId, conversationId: id },
    { workspaceId, conversationId: id, channelId: null, contact: null },
    { workspaceId, conversationId: id, channelId, contact: { id } },
  ])('has no flaw: %j', (send) => {
    expect(flawOf(send)).toBeUndefined();
  });

  it.each([
    ['send', undefined, 'received undefined'],
    ['send', null, 'received null'],
    ['send', identifierValue, 'received a string'],
    ['workspaceId', { channelId, contact: { id } }, 'received undefined'],
    ['workspaceId', { workspaceId: 'main', channelId, contact: { id } }, 'received a string'],
    ['channelId', { workspaceId, contact: { id } }, 'channelId is missing'],
    ['channelId', { workspaceId, channelId: 'whatsapp', contact: { id } }, 'received a string'],
    ['conversationId', { workspaceId, conversationId: 'one' }, 'received a string'],
    ['conversationId', { ...ref, conversationId: 5, contact: { id } }, 'received a number'],
    ['contact', ref, 'contact is missing'],
    ['contact', { ...ref, contact: identifierValue }, 'received a string'],
    ['contact', { ...ref, contact: [{ id }] }, 'received an array'],
    ['contact', { workspaceId, conversationId: id, contact: 5 }, 'received a number'],
    ['contact', { ...ref, contact: {} }, 'contact names nobody'],
    ['contact', { ...ref, contact: { identifierKey: 'phonenumber' } }, 'contact names nobody'],
    ['contact.id', { ...ref, contact: { id: identifierValue } }, 'received a string'],
    ['contact.identifierKey', { ...ref, contact: { identifierKey: 5, identifierValue } }, 'received a number'],
    ['contact.identifierKey', { ...ref, contact: { identifierValue: '31612345678' } }, 'identifierKey is missing'],
    ['contact.identifierValue', { ...ref, contact: { identifierValue: 31_612_345_678 } }, 'received a number'],
    ['contact.platformAddress', { ...ref, contact: { id, platformAddress: {} } }, 'received an object'],
  ])('has the flaw in %s, and its text shows no value: %#', (field, send, text) => {
    const flaw = flawOf(send);
    expect(flaw?.field).toBe(field);
    expect(flaw?.text).toContain(field);
    expect(flaw?.text).toContain(text);
    expect(flaw?.text).not.toContain('31612345678');
  });

  it.each([undefined, 'human', 'automation'])('may have the sender %j', (sender) => {
    expect(flawOfSender({ sender })).toBeUndefined();
  });

  it.each([null, '', 'Human', 'agent', 5])('may not have the sender %j', (sender) => {
    expect(flawOfSender({ sender })).toMatchObject({ field: 'sender', text: expect.stringContaining("'human'") });
  });
});

describe('a time of sending', () => {
  it.each([
    [{ sendAt: 'soon' }, 'sendAt', 'received a string'],
    [{ sendAt: null }, 'sendAt', 'received null'],
    [{ sendAt: 'soon', message: { scheduledFor: 'later' } }, 'sendAt', 'must be an instant'],
    [{ message: { scheduledFor: 'later' } }, 'message.scheduledFor', 'must be an instant'],
    [{ message: { scheduledFor: 5.5e20 } }, 'message.scheduledFor', 'received a number'],
    [{ message: { scheduledfor: 'x' } }, 'message.scheduledFor', 'another spelling'],
    [
      { message: { scheduledFor: '2026-06-01T12:00:00Z', ScheduledFor: 'x' } },
      'message.scheduledFor',
      'another spelling',
    ],
  ])('that cannot be read is named: %j', (send, field, text) => {
    const flaw = flawOfTime(send);
    expect(flaw.field).toBe(field);
    expect(flaw.text).toContain(field);
    expect(flaw.text).toContain(text);
  });
});
