import { createSandbox, type Sandbox } from 'freeform-guard/sandbox';
import { expect, it, onTestFinished } from 'vitest';
import { START_AT } from '../scenario.js';
import { Customers } from './customers.js';
import { Directory } from './directory.js';
import { type BirdAnswer, type BirdRequest, FakeBird, isStranger } from './fake-bird.js';
import { Random } from './random.js';

const CUSTOMERS = 16;
const HOUR = 3_600_000;

/** The same customers, channels and windows in the sandbox and in the fast Bird of the simulation. */
class Twins {
  readonly customers: Customers = new Customers(CUSTOMERS);
  readonly directory: Directory = new Directory(1, 4, false);
  readonly fake: FakeBird;
  readonly #sandbox: Sandbox;
  readonly #workspace: ReturnType<Sandbox['addWorkspace']>;
  readonly #readLagMs: number;
  /** The sandbox's ids of the contacts, by the ids of the directory. */
  readonly #contactIds = new Map<string, string>();

  constructor(sandbox: Sandbox, closedWindow: 'null' | 'past', readLagMs: number) {
    const [id = ''] = this.directory.workspaces;
    this.fake = new FakeBird({ customers: this.customers, directory: this.directory, closedWindow });
    this.#sandbox = sandbox;
    this.#readLagMs = readLagMs;
    const accessKey = this.fake.accessKeys.get(id);
    this.#workspace = sandbox.addWorkspace({ id, accessKey, closedWindow, readLagMs });
    for (let channel = 0; channel < 4; channel += 1) {
      this.#workspace.addChannel({ id: this.directory.channelId(channel), platformId: 'whatsapp', status: 'active' });
    }
    for (let customer = 0; customer < CUSTOMERS; customer += 1) if (!isStranger(customer)) this.#addContact(customer);
  }

  get now(): number {
    return this.#sandbox.clock.now();
  }

  advance(ms: number): void {
    this.#sandbox.clock.advance(ms);
  }

  write(customer: number): void {
    this.#addContact(customer);
    this.customers.write(customer, this.now, this.now + this.#readLagMs);
    const contactId = this.#contactIds.get(this.directory.contactId(customer)) ?? '';
    const channelId = this.directory.channelId(customer);
    this.#workspace.receiveInbound({ channelId, contactId, address: this.directory.address(customer) });
  }

  pause(customer: number, status: 'active' | 'paused'): void {
    this.fake.channelStatus.set(this.directory.channelOf(customer), status);
    this.#workspace.setChannel(this.directory.channelId(customer), { status });
  }

  /** What both say to the same request, as far as a guard reads it. */
  async ask(request: BirdRequest): Promise<{ readonly fake: unknown; readonly sandbox: unknown }> {
    const fake = this.fake.answer(request, this.now);
    let path = request.path;
    for (const [inProcess, theirs] of this.#contactIds) path = path.replace(inProcess, theirs);
    const headers = { authorization: request.authorization ?? '', 'content-type': 'application/json' };
    const init = { method: request.method, headers, body: request.body ?? null };
    const response = await fetch(`${this.#sandbox.url}${path}`, init);
    const sandbox = { status: response.status, headers: {}, body: await response.text() };
    return { fake: this.#essence(fake), sandbox: this.#essence(sandbox) };
  }

  #addContact(customer: number): void {
    const id = this.directory.contactId(customer);
    if (this.#contactIds.has(id)) return;
    const numbers = Array.from({ length: CUSTOMERS }, (_, other) => other).filter(
      (other) => this.directory.contactId(other) === id,
    );
    const identifiers = numbers.map((number) => ({ key: 'phonenumber', value: this.directory.address(number) }));
    this.#contactIds.set(id, this.#workspace.addContact({ identifiers }).id);
  }

  #essence({ status, body }: BirdAnswer): unknown {
    if (status === 404) return { status, isOfContact: body.includes('contact not found') };
    if (status !== 200) return { status };
    const { id, platformId, status: channelStatus, serviceWindowExpireAt, results } = JSON.parse(body);
    const inProcess = new Map([...this.#contactIds].map(([one, other]) => [other, one]));
    const found = results?.map((contact: { id: string }) => inProcess.get(contact.id) ?? contact.id);
    return { status, id, platformId, channelStatus, serviceWindowExpireAt, found };
  }
}

function anyRequest({ directory, fake }: Twins, random: Random, customer: number): BirdRequest {
  const workspace = `/workspaces/${directory.workspaces[0]}`;
  const key = random.chance(0.95) ? fake.accessKeys.get(directory.workspaces[0] ?? '') : 'no-key';
  const authorization = `AccessKey ${key}`;
  const value = directory.address(customer);
  const channel = `${workspace}/channels/${directory.channelId(random.chance(0.9) ? customer : customer + 1)}`;
  const draw = random.next();
  if (draw < 0.2) return { method: 'GET', path: channel, authorization };
  const body = JSON.stringify({ identifier: { key: 'phonenumber', value } });
  if (draw < 0.4) return { method: 'POST', path: `${workspace}/contacts/search`, authorization, body };
  const query = draw < 0.5 ? '' : `?contactIdentifierValue=${encodeURIComponent(value)}`;
  return { method: 'GET', path: `${channel}/contacts/${directory.contactId(customer)}${query}`, authorization };
}

it.each([
  ['null', 0],
  ['past', 0],
  ['null', 700],
] as const)(
  'the fast Bird of the simulation answers as the sandbox does: closed is %s, reads lag by %i ms',
  async (closedWindow, lag) => {
    const random = new Random(lag, closedWindow.length);
    const sandbox = await createSandbox({ startAt: START_AT });
    onTestFinished(() => sandbox.close());
    const twins = new Twins(sandbox, closedWindow, lag);
    const statuses = new Set<number>();
    for (let step = 0; step < 800; step += 1) {
      const customer = random.between(0, CUSTOMERS - 2);
      // The sandbox knows a new contact at once, the fast Bird when it shows the message.
      if (lag > 0 && isStranger(customer)) continue;
      const draw = random.next();
      if (draw < 0.02) twins.pause(customer, random.pick(['active', 'paused']));
      else if (draw < 0.05) twins.write(customer);
      else if (draw < 0.1) twins.advance(random.spread(1, 30 * HOUR));
      else if (draw < 0.2) twins.advance(random.between(0, 50));
      else {
        const { fake, sandbox: real } = await twins.ask(anyRequest(twins, random, customer));
        expect(fake).toEqual(real);
        statuses.add((real as { readonly status: number }).status);
      }
    }
    expect([...statuses].sort()).toEqual([200, 401, ...(lag > 0 ? [] : [404]), 429]);
  },
);

it('the fast Bird refuses the 51st read within a second, as the sandbox does', async () => {
  const sandbox = await createSandbox({ startAt: START_AT });
  onTestFinished(() => sandbox.close());
  const twins = new Twins(sandbox, 'null', 0);
  const path = `/workspaces/${twins.directory.workspaces[0]}/channels/${twins.directory.channelId(0)}`;
  const authorization = `AccessKey ${[...twins.fake.accessKeys.values()][0]}`;
  for (let read = 0; read < 70; read += 1) {
    if (read % 10 === 0) twins.advance(140);
    const { fake, sandbox: real } = await twins.ask({ method: 'GET', path, authorization });
    expect(fake).toEqual(real);
    expect(real).toMatchObject({ status: read < 50 ? 200 : 429 });
  }
  twins.advance(1_000);
  const { fake, sandbox: real } = await twins.ask({ method: 'GET', path, authorization });
  expect([fake, real]).toMatchObject([{ status: 200 }, { status: 200 }]);
});
