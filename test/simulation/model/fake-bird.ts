import type { Customers } from './customers.js';
import type { Directory } from './directory.js';

export interface BirdRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body?: string | undefined;
}

export interface BirdAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FakeBirdParts {
  readonly customers: Customers;
  readonly directory: Directory;
  /** How a window that was open once is reported when it has closed; Bird documents neither. */
  readonly closedWindow: 'null' | 'past';
}

const READS_PER_SECOND = 50;

/**
 * Bird's three answers that a guard asks for, computed from the truth as the sandbox computes them, fast enough for
 * millions. `fake-bird.test.ts` holds the two against each other.
 */
export class FakeBird {
  /** By number; `active` where nothing is said. */
  readonly channelStatus: Map<number, string> = new Map();
  /** The key that is taken, by workspace id. */
  readonly accessKeys: Map<string, string> = new Map();
  readonly #parts: FakeBirdParts;
  readonly #reads = new Map<string, SlidingSecond>();

  constructor(parts: FakeBirdParts) {
    this.#parts = parts;
    for (const id of parts.directory.workspaces) {
      this.accessKeys.set(id, `key-of-${id}`);
      this.#reads.set(id, new SlidingSecond());
    }
  }

  answer({ method, path, authorization, body }: BirdRequest, now: number): BirdAnswer {
    const [, , workspaceId = '', collection, id = '', , contact] = path.split('/');
    if (authorization !== `AccessKey ${this.accessKeys.get(workspaceId)}`) return refusal(401, 'Unauthorized');
    if (method === 'GET' && !this.takesRead(workspaceId, now)) return refusal(429, 'TooManyRequests');
    if (collection === 'contacts') return this.#search(body ?? '', now);
    return contact === undefined ? this.#channel(id) : this.#window(id, contact, now);
  }

  /** Counts one read; the host application's own reads count as well. */
  takesRead(workspaceId: string, now: number): boolean {
    const reads = this.#reads.get(workspaceId);
    return reads !== undefined && reads.countAt(now) < READS_PER_SECOND && reads.add(now) > 0;
  }

  #channel(channelId: string): BirdAnswer {
    const { directory } = this.#parts;
    const channel = directory.channelAt(channelId);
    const status = this.channelStatus.get(channel) ?? 'active';
    return json({ id: channelId, platformId: directory.isMessenger(channel) ? 'facebook' : 'whatsapp', status });
  }

  #search(body: string, now: number): BirdAnswer {
    const { identifier } = JSON.parse(body) as { readonly identifier: { readonly value: string } };
    const customer = this.#parts.directory.customerAt(identifier.value);
    const id = this.#parts.directory.contactId(customer);
    return json({ results: this.#isKnown(customer, now) ? [{ id }] : [] });
  }

  #window(channelId: string, rest: string, now: number): BirdAnswer {
    const { customers, directory, closedWindow } = this.#parts;
    const [contactId = '', address] = rest.split('?contactIdentifierValue=');
    const first = directory.customerOf(contactId);
    const customer = address === undefined ? first : directory.customerAt(decodeURIComponent(address));
    if (!this.#isKnown(customer, now)) return refusal(404, 'ResourceNotFound', 'contact not found');
    const isHere = directory.channelId(customer) === channelId;
    const end = isHere ? customers.reportedEnd(customer, now) : undefined;
    const isNull = end === undefined || (end <= now && closedWindow === 'null');
    return json({ serviceWindowExpireAt: isNull ? null : new Date(end).toISOString() });
  }

  /** Everybody who wrote is a contact. Of the others, some are in the address book all the same. */
  #isKnown(customer: number, now: number): boolean {
    const { customers } = this.#parts;
    if (customer >= customers.count) return false;
    return !isStranger(customer) || customers.shownInboundAt(customer, now) > Number.NEGATIVE_INFINITY;
  }
}

/** Whether a customer becomes a contact only by writing. */
export function isStranger(customer: number): boolean {
  return customer % 97 === 11;
}

/** Counts what happened in the last 1000 ms. */
export class SlidingSecond {
  readonly #instants: number[] = [];
  #first = 0;

  /** Adds one and says how many the second that ends with it holds. */
  add(now: number): number {
    this.#instants.push(now);
    return this.countAt(now);
  }

  countAt(now: number): number {
    while (this.#first < this.#instants.length && (this.#instants[this.#first] ?? now) <= now - 1000) this.#first += 1;
    if (this.#first > 1000) this.#instants.splice(0, this.#first, ...[]);
    if (this.#first > 1000) this.#first = 0;
    return this.#instants.length - this.#first;
  }
}

function json(body: object): BirdAnswer {
  return { status: 200, headers: {}, body: JSON.stringify(body) };
}

function refusal(status: number, code: string, message: string = code): BirdAnswer {
  return { status, headers: {}, body: JSON.stringify({ code, message }) };
}
