import { createGuard, isStillValid, type Outcome, type SendRequest } from 'freeform-guard';
import { describe, expect, it } from 'vitest';
import { keepSecret } from '../../support/canary.js';
import {
  createWorld,
  PHONE,
  recordingLogger,
  templateMessage,
  type World,
  type WorldOptions,
} from '../../support/world.js';
import { countOf, DAY, HOUR, MINUTE, SECOND } from '../support.js';

const OTHER_PHONE = '+31687654321';

/** A world whose guard knows its channel, so that memory alone may speak. */
async function startWorld(options: WorldOptions = {}): Promise<World> {
  keepSecret(OTHER_PHONE);
  const world = await createWorld(options);
  await world.guard.check(world.send());
  return world;
}

const to = (identifierValue: string, identifierKey = 'phonenumber'): Pick<SendRequest, 'contact'> => {
  return { contact: { identifierKey, identifierValue } };
};

function observe({ guard, workspace, channel, sandbox }: World, change: object = {}): void {
  const at = sandbox.clock.now();
  guard.observeInbound({ workspaceId: workspace.id, channelId: channel.id, address: PHONE, at, ...change });
}

const peeked = ({ guard, send }: World, change?: Partial<SendRequest>): string | undefined =>
  guard.peek(send(change))?.decision.verdict;

describe('scenario 9: the newest inbound wins, in any order of arrival', () => {
  it('an older one that comes later does not move the window back', async () => {
    const world = await startWorld();
    const now = world.sandbox.clock.now();
    observe(world);
    observe(world, { at: now - 20 * HOUR });
    expect(world.guard.peek(world.send())?.decision).toMatchObject({ validUntil: now + DAY });
  });

  it.each([
    [DAY - 10 * SECOND - 1, 'allow'],
    [DAY - 10 * SECOND, undefined],
    [DAY, undefined],
    [30 * DAY, undefined],
  ])('one that is %i ms old when it is told: %s', async (ageMs, verdict) => {
    const world = await startWorld();
    observe(world, { at: world.sandbox.clock.now() - ageMs });
    expect(peeked(world)).toBe(verdict);
  });
});

describe('scenario 14: the message that is being answered counts, though nothing of it is stored yet', () => {
  it('Bird does not show it yet, and its event has not come: it is told, and the reply passes without a read', async () => {
    const world = await startWorld({ sandbox: { readLagMs: HOUR, webhookLoss: 'all' } });
    world.customerWrites();
    expect((await world.guard.check(world.send())).decision.verdict).toBe('deny');
    observe(world);
    const reads = world.reads();
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    expect(world.reads()).toBe(reads);
  });

  it('a read that was under way, and says closed, does not undo it [U23]', async () => {
    const world = await startWorld({ sandbox: { readLagMs: HOUR } });
    world.customerWrites();
    const decided = world.guard.check(world.send());
    observe(world);
    expect((await decided).decision.verdict).toBe('allow');
    expect(peeked(world)).toBe('allow');
  });
});

describe('scenario 21: a refusal closes what is remembered, and only a newer inbound opens it again', () => {
  it.each([
    ['1 ms before the refused message was sent', -1, undefined],
    ['at the instant at which it was sent', 0, undefined],
    ['1 ms after it', 1, 'allow'],
  ])('an inbound %s [W13]', async (_name, afterMs, verdict) => {
    for (const refusalFirst of [true, false]) {
      const world = await startWorld();
      const { guard, workspace, channel } = world;
      const sentAt = world.sandbox.clock.now();
      world.sandbox.clock.advance(MINUTE);
      const refusal = { workspaceId: workspace.id, channelId: channel.id, address: PHONE, sentAt, code: 131_047 };
      if (refusalFirst) guard.observeRefusal(refusal);
      observe(world, { at: sentAt + afterMs });
      if (!refusalFirst) guard.observeRefusal(refusal);
      expect(peeked(world)).toBe(verdict);
    }
  });

  it('a template passes all the while', async () => {
    const world = await startWorld();
    const ids = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    world.guard.observeRefusal({ ...ids, sentAt: world.sandbox.clock.now(), code: '131047' });
    expect(peeked(world, { message: templateMessage() })).toBe('allow');
  });
});

it.each([131_026, 131_049, 130_472, 131_056, 131_048, 132_000, 132_001, 190, 551, 1_545_041, 63_032])(
  'scenario 22: code %i is no refusal for the window, and leaves it alone',
  async (code) => {
    const world = await startWorld();
    observe(world);
    world.sandbox.clock.advance(MINUTE);
    const ids = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    world.guard.observeRefusal({ ...ids, sentAt: world.sandbox.clock.now(), code });
    expect(peeked(world)).toBe('allow');
  },
);

describe('scenario 23: the new Bird has no window to look up, so that only what the application tells can open', () => {
  it('a told message opens for its 24 hours, a refusal closes, and nothing is ever known without', async () => {
    const logs: Parameters<typeof recordingLogger>[0] = [];
    // The channel is known; the path that tells windows is not there.
    const noWindows = { status: 404, body: { error: { type: 'not_found', code: 'E01001' } } };
    const world = await startWorld({
      sandbox: { fault: ({ kind }) => (kind === 'contact' || kind === 'search' ? noWindows : undefined) },
      guard: { logger: recordingLogger(logs) },
    });
    expect((await world.guard.check(world.send())).decision).toMatchObject({ verdict: 'unknown' });
    observe(world);
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'send', source: 'memory' });
    world.sandbox.clock.advance(MINUTE);
    const ids = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    world.guard.observeRefusal({ ...ids, sentAt: world.sandbox.clock.now(), code: 'service_window_expired' });
    expect((await world.guard.check(world.send())).decision.verdict).not.toBe('allow');
    world.sandbox.clock.advance(MINUTE);
    observe(world);
    expect(peeked(world)).toBe('allow');
    world.sandbox.clock.advance(DAY);
    expect((await world.guard.check(world.send())).decision.verdict).not.toBe('allow');
  });
});

describe('scenario 25: the same phone in two workspaces', () => {
  it('an inbound in one never opens the other', async () => {
    const world = await createWorld();
    const other = world.sandbox.addWorkspace();
    const channel = other.addChannel({ platformId: 'whatsapp' });
    const options = { accessKey: other.accessKey, baseUrl: world.sandbox.url };
    world.guard.reload({ [world.workspace.id]: world.workspaceOptions, [other.id]: options });
    const elsewhere = { workspaceId: other.id, channelId: channel.id };
    for (const send of [world.send(), world.send(elsewhere)]) await world.guard.check(send);
    observe(world);
    expect(peeked(world)).toBe('allow');
    expect(peeked(world, elsewhere)).toBeUndefined();
    expect((await world.guard.check(world.send(elsewhere))).decision.verdict).not.toBe('allow');
  });
});

describe('scenario 26: the same phone on two channels of one workspace', () => {
  it('are independent, in what opens and in what closes', async () => {
    const world = await startWorld();
    const { id: channelId } = world.workspace.addChannel({ platformId: 'whatsapp' });
    await world.guard.check(world.send({ channelId }));
    observe(world);
    expect(peeked(world)).toBe('allow');
    expect(peeked(world, { channelId })).toBeUndefined();
    observe(world, { channelId });
    world.sandbox.clock.advance(MINUTE);
    const ids = { workspaceId: world.workspace.id, channelId, address: PHONE };
    world.guard.observeRefusal({ ...ids, sentAt: world.sandbox.clock.now(), code: '131047' });
    expect(peeked(world)).toBe('allow');
    expect(peeked(world, { channelId })).toBeUndefined();
  });
});

describe('scenario 27: spellings of one number, and numbers that only look alike [R6]', () => {
  it.each([
    '+27825551234',
    '+27 82 555 1234',
    '0027 82 555 1234',
    '+27 (82) 555-1234',
    '27825551234',
    '＋27 82 555 1234',
  ])('%s is the number +27825551234', async (spelling) => {
    const world = await startWorld();
    observe(world, { address: '+27825551234' });
    expect(peeked(world, to(spelling))).toBe('allow');
    const other = await startWorld();
    observe(other, { address: spelling, identifierKey: 'phonenumber' });
    expect(peeked(other, to('+27825551234'))).toBe('allow');
  });

  // Which of the two the platform knows cannot be told from the digits: sharing a window on a guess could lose a
  // message, and asking Bird costs one read.
  it.each([
    ['Brazil, with the ninth digit', '+5511987654321', '+551187654321'],
    ['Brazil, without it', '+551187654321', '+5511987654321'],
    ['Argentina, with the mobile 9', '+5491123456789', '+541123456789'],
    ['Argentina, without it', '+541123456789', '+5491123456789'],
    ['Mexico, with the mobile 1', '+5215512345678', '+525512345678'],
    ['a national number', '+27825551234', '0825551234'],
    ['one digit more', '+27825551234', '+278255512345'],
  ])('%s: another address, so Bird is asked', async (_name, wrote, sentTo) => {
    for (const phone of [wrote, sentTo]) keepSecret(phone);
    const world = await startWorld();
    observe(world, { address: wrote });
    expect(peeked(world, to(wrote))).toBe('allow');
    expect(peeked(world, to(sentTo))).toBeUndefined();
    expect((await world.guard.check(world.send(to(sentTo)))).decision.verdict).not.toBe('allow');
  });

  it('an id of the platform and a phone of one contact share nothing until Bird says so for each', async () => {
    const world = await startWorld();
    const bsuid = { key: 'whatsappid', value: 'NL.13491208655302741918' };
    const identifiers = [{ key: 'phonenumber', value: OTHER_PHONE }, bsuid];
    const contact = world.workspace.addContact({ identifiers });
    observe(world, { address: OTHER_PHONE, contactId: contact.id });
    expect(peeked(world, to(OTHER_PHONE))).toBe('allow');
    expect(peeked(world, to(bsuid.value, bsuid.key))).toBeUndefined();
    expect((await world.guard.check(world.send(to(bsuid.value, bsuid.key)))).decision.verdict).not.toBe('allow');
    const address = bsuid.value;
    world.workspace.receiveInbound({ channelId: world.channel.id, contactId: contact.id, address });
    expect((await world.guard.check(world.send(to(bsuid.value, bsuid.key)))).decision.verdict).toBe('allow');
  });

  it('a second number of a contact does not open the first, whichever way the contact is named', async () => {
    const world = await startWorld();
    const { id } = world.contact;
    observe(world, { address: OTHER_PHONE, contactId: id });
    expect(peeked(world)).toBeUndefined();
    expect(peeked(world, { contact: { id, identifierValue: PHONE } })).toBeUndefined();
    expect(peeked(world, { contact: { id, identifierValue: OTHER_PHONE } })).toBe('allow');
    // The only address that was told with the id is what a send by id alone goes to, until there is another.
    expect(peeked(world, { contact: { id } })).toBe('allow');
    observe(world, { address: PHONE, contactId: id, at: world.sandbox.clock.now() - 25 * HOUR });
    expect(peeked(world, { contact: { id } })).toBeUndefined();
  });
});

describe('scenario 28: threads and contacts change, the window stays with the address', () => {
  it('a new contact for the same address has the window of the old one', async () => {
    const world = await startWorld();
    observe(world, { contactId: world.contact.id });
    const { id } = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
    expect(peeked(world, { contact: { id, identifierKey: 'phonenumber', identifierValue: PHONE } })).toBe('allow');
  });

  it('of two contacts that are merged the later message counts', async () => {
    const world = await startWorld();
    const now = world.sandbox.clock.now();
    const { id } = world.workspace.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
    observe(world, { contactId: id, at: now - HOUR });
    observe(world, { contactId: world.contact.id, at: now - 5 * HOUR });
    expect(world.guard.peek(world.send())?.decision).toMatchObject({ validUntil: now + 23 * HOUR });
  });
});

describe('scenario 29: what is known of one recipient never speaks for another', () => {
  it('the payload is swapped after the check: it has to be checked again, and is not allowed', async () => {
    const world = await startWorld();
    observe(world);
    expect(peeked(world)).toBe('allow');
    const swapped = world.send(to(OTHER_PHONE));
    expect(world.guard.peek(swapped)).toBeUndefined();
    expect((await world.guard.check(swapped)).decision.verdict).not.toBe('allow');
  });

  it('a contact that names another address than its identifier is judged by the address', async () => {
    const world = await startWorld();
    observe(world);
    const contact = { ...to(PHONE).contact, platformAddress: OTHER_PHONE };
    expect(peeked(world, { contact })).toBeUndefined();
  });
});

describe('scenario 42: windows that no clock ends', () => {
  it('KakaoTalk: the customer closed the session, which a refusal tells; nothing else has to pass', async () => {
    const world = await startWorld({ platformId: 'kakaotalk' });
    observe(world);
    world.sandbox.clock.advance(MINUTE);
    expect(peeked(world)).toBe('allow');
    const ids = { workspaceId: world.workspace.id, channelId: world.channel.id, address: PHONE };
    world.guard.observeRefusal({ ...ids, sentAt: world.sandbox.clock.now(), code: 'noActiveSession' });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', decision: { verdict: 'deny' } });
  });

  it('Apple: a chat that the customer never started is not known to be open, and is blocked where that is the policy', async () => {
    const world = await startWorld({ platformId: 'apple-business-chat', workspace: { onUnknown: 'block' } });
    expect(await world.guard.check(world.send())).toMatchObject({ action: 'block', decision: { verdict: 'unknown' } });
    observe(world);
    expect((await world.guard.check(world.send())).decision).toMatchObject({ verdict: 'allow', validUntil: null });
  });
});

describe('scenario 47: a send that waited in a queue is asked about again at dispatch [C6]', () => {
  it('holds as long as the window, less the margin, and costs no read', async () => {
    const world = await startWorld();
    observe(world);
    const outcome = world.guard.peek(world.send()) as Outcome;
    const end = world.sandbox.clock.now() + DAY;
    const contactReads = countOf(world.sandbox, 'contact');
    expect(isStillValid(outcome, end - 10 * SECOND - 1)).toBe(true);
    expect(isStillValid(outcome, end - 10 * SECOND)).toBe(false);
    expect(isStillValid(outcome, new Date(end))).toBe(false);
    expect(countOf(world.sandbox, 'contact')).toBe(contactReads);
  });

  it('what waited longer than the window is denied at dispatch, and passes once the customer has written again', async () => {
    const world = await startWorld();
    world.customerWrites();
    observe(world);
    const outcome = await world.guard.check(world.send());
    world.sandbox.clock.advance(DAY);
    expect(isStillValid(outcome, world.sandbox.clock.now())).toBe(false);
    expect((await world.guard.check(world.send())).action).toBe('block');
    observe(world);
    expect(isStillValid(await world.guard.check(world.send()), world.sandbox.clock.now())).toBe(true);
  });

  it('never holds for what was not allowed', async () => {
    const world = await startWorld();
    const denied = await world.guard.check(world.send());
    const unknown = await createGuard({ workspaces: {}, logger: recordingLogger([]) }).check(world.send());
    for (const outcome of [denied, unknown]) expect(isStillValid(outcome, 0)).toBe(false);
  });
});
