import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGuard, type Guard, type Outcome, type SendRequest } from 'freeform-guard';
import { afterEach, expect, it } from 'vitest';

const WORKSPACE = '52ad151f-f7b4-46f9-a5c6-d3318e650c84';
const CONTACT = '32cf5eee-f940-422c-ab8c-5f753aad5efd';
const ADDRESS = '+12025550123';
const NOW = Date.parse('2026-01-05T09:00:00Z');
const HOUR = 3_600_000;

/** A channel of each platform, by the last digit of its id. */
const platformIds = ['whatsapp', 'facebook', 'tiktok', 'sms', 'carrier-pigeon'];
const channelId = (platformId: string): string =>
  `614208aa-b153-4d5d-9989-2fddfc0ce4c${platformIds.indexOf(platformId)}`;

function bird(expiry: string | null | undefined): typeof fetch {
  return async (input) => {
    const [, channel = '', isContact] = /\/channels\/([^/?]+)(\/contacts)?/.exec(String(input)) ?? [];
    if (isContact === undefined) return json({ id: channel, platformId: platformIds[Number(channel.at(-1))] });
    return expiry === undefined ? new Response('', { status: 500 }) : json({ serviceWindowExpireAt: expiry });
  };
}

function json(body: object): Response {
  return new Response(JSON.stringify(body), { status: 200, headers: { 'content-type': 'application/json' } });
}

function guardWith(expiry: string | null | undefined, defaults?: object): Guard {
  return createGuard({
    workspaces: { [WORKSPACE]: { accessKey: 'key', lookupBurst: 1000, lookupsPerSecond: 1000 } },
    ...(defaults === undefined ? {} : { defaults }),
    clock: { now: () => NOW, setTimeout: () => 0, clearTimeout: () => {} },
    fetch: bird(expiry),
    logger: { warn: () => {}, error: () => {} },
  });
}

function sendTo(platformId: string, change: Partial<SendRequest> = {}): SendRequest {
  const contact = { id: CONTACT, identifierKey: 'key', identifierValue: ADDRESS };
  const message = { receiver: { contacts: [contact] }, body: { type: 'text', text: { text: 'Hello' } } };
  return { workspaceId: WORKSPACE, channelId: channelId(platformId), contact, message, ...change };
}

/** Decisions of every kind, by a guard that is made, told and asked anew. */
async function decisions(): Promise<unknown[]> {
  const told: unknown[] = [];
  const tell = ({ action, mode, source, decision }: Outcome): void =>
    void told.push({ action, mode, source, ...decision });
  for (const expiry of [null, new Date(NOW + HOUR).toISOString(), new Date(NOW - HOUR).toISOString(), undefined]) {
    const guard = guardWith(expiry);
    for (const platformId of platformIds) {
      const send = sendTo(platformId);
      tell(await guard.check(send));
      tell(await guard.check(send));
      tell(await guard.check({ ...send, message: { template: { projectId: 'x' } } }));
    }
    guard.close();
  }
  const guard = guardWith(null, { onUnknown: 'block' });
  for (const platformId of ['whatsapp', 'facebook', 'tiktok']) {
    const ref = { workspaceId: WORKSPACE, channelId: channelId(platformId), contactId: CONTACT, address: ADDRESS };
    guard.observeInbound({ ...ref, at: NOW - 2 * HOUR });
    tell(await guard.check(sendTo(platformId)));
    guard.observeRefusal({ ...ref, sentAt: NOW - HOUR, code: 131_047 });
    tell(await guard.check(sendTo(platformId)));
    tell(await guard.check(sendTo(platformId, { sender: 'human' })));
    guard.observeInbound({ ...ref, at: NOW - HOUR / 2 });
    tell(await guard.check(sendTo(platformId)));
  }
  guard.close();
  return told;
}

/** Whatever has a name in the types of the package: facts, evidence, options, sends, outcomes. */
function fieldNames(): string[] {
  const source = join(import.meta.dirname, '../src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const texts = files
    .filter((name) => !/^(?:sandbox|cli)/.test(name))
    .map((name) => readFileSync(join(source, name), 'utf8'));
  const names = texts.flatMap((text) => [
    ...[...text.matchAll(/readonly (\w+)\??:/g)].map(([, name = '']) => name),
    ...[...text.matchAll(/own\(\w+, '(\w+)'\)/g)].map(([, name = '']) => name),
  ]);
  return [...new Set(names)].filter((name) => !ofTheLanguage.has(name)).sort();
}

/** What the language or Node itself reads from literals of their own: with these polluted, no program works. */
const ofTheLanguage: ReadonlySet<string> = new Set(['get', 'set', 'value', 'then']);

const values: readonly unknown[] = [true, 0, NOW + HOUR, NOW - HOUR, 'off', 'human', {}, [], () => undefined];

/** At once, so that the test does not take minutes. */
const NAMES_AT_ONCE = 150;

function pollute(names: readonly string[], value: unknown): void {
  const property = { value, configurable: true, writable: true, enumerable: false };
  for (const name of names) Object.defineProperty(Object.prototype, name, property);
}

function clean(names: readonly string[]): void {
  for (const name of names) Reflect.deleteProperty(Object.prototype, name);
}

afterEach(() => clean(fieldNames()));

it('knows the fields that were once inherited (field A16)', () => {
  for (const name of [
    'expiresAt',
    'lastInboundAt',
    'permanentUntil',
    'mode',
    'sender',
    'sendAt',
    'defaults',
    'onUnknown',
  ]) {
    expect(fieldNames()).toContain(name);
  }
});

it('no decision and no option comes from Object.prototype, whatever field of it is polluted (field A16) [R4, S8]', async () => {
  const expected = await decisions();
  const names = fieldNames();
  const changed: string[] = [];
  for (let first = 0; first < names.length; first += NAMES_AT_ONCE) {
    const together = names.slice(first, first + NAMES_AT_ONCE);
    for (const value of values) {
      pollute(together, value);
      const got = await decisions().catch((error: unknown) => [String(error)]);
      clean(together);
      const told = `${together.join()} = ${typeof value} ${String(value)}`;
      got.forEach((one, index) => {
        if (JSON.stringify(one) !== JSON.stringify(expected[index])) changed.push(`${told}: ${JSON.stringify(one)}`);
      });
    }
  }
  expect(changed).toEqual([]);
}, 60_000);
