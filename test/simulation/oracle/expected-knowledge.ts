import { HUMAN_WINDOW_MS, WINDOW_MS } from '../model/customers.js';
import type { Directory } from '../model/directory.js';
import type { BirdAnswer } from '../model/fake-bird.js';
import type { Exchange } from '../model/network.js';
import type { Timeline } from '../model/timeline.js';

export const NEVER: number = Number.NEGATIVE_INFINITY;

/** What a process knows of one window. All instants are true time; `NEVER`: nothing. */
export interface Known {
  /** What it has observed and must respect: when the customer wrote, and what was refused. */
  readonly must: { readonly inboundAt: number; readonly refusedAt: number };
  /** The most that it can know from any source, and until when Bird has said that the window is open. */
  readonly may: {
    readonly inboundAt: number;
    readonly refusedAt: number;
    readonly end: number;
    /** Of a date that no message explains, and that any refusal refutes. */
    readonly farEnd: number;
  };
  /** When the latest read started of which it has the answer. */
  readonly askedAt: number;
  readonly channelAskedAt: number;
  /** When it last learned anything about the window. */
  readonly learnedAt: number;
  /** When it observed that this person wrote, from any number. Default: never. */
  readonly personWroteAt?: number | undefined;
}

/** What the guard takes for a difference of clocks, and how wrong its own may be. */
const SKEW_MS = 5 * 60_000 + 5_000;

/** What one process has observed of all windows, and what Bird has answered it. */
export class ExpectedKnowledge {
  readonly #directory: Directory;
  readonly #timeline: Timeline;
  readonly #inboundAt: Float64Array;
  readonly #refusedAt: Float64Array;
  readonly #saidEnd: Float64Array;
  readonly #farEnd: Float64Array;
  readonly #askedAt: Float64Array;
  readonly #learnedAt: Float64Array;
  /** By the first number of a person. */
  readonly #personWroteAt: Float64Array;
  readonly #channelAskedAt = new Map<number, number>();

  /** @param timeline of the process */
  constructor(customers: number, directory: Directory, timeline: Timeline) {
    this.#directory = directory;
    this.#timeline = timeline;
    this.#inboundAt = new Float64Array(customers).fill(NEVER);
    this.#refusedAt = new Float64Array(customers).fill(NEVER);
    this.#saidEnd = new Float64Array(customers).fill(NEVER);
    this.#farEnd = new Float64Array(customers).fill(NEVER);
    this.#askedAt = new Float64Array(customers).fill(NEVER);
    this.#learnedAt = new Float64Array(customers).fill(NEVER);
    this.#personWroteAt = new Float64Array(customers).fill(NEVER);
  }

  inbound(customer: number, at: number): void {
    raise(this.#inboundAt, customer, at);
    raise(this.#personWroteAt, this.#personOf(customer), at);
    raise(this.#learnedAt, customer, this.#timeline.now);
  }

  refused(customer: number, sentAt: number): void {
    raise(this.#refusedAt, customer, sentAt);
    raise(this.#learnedAt, customer, this.#timeline.now);
  }

  answered({ kind, path, startedAt }: Exchange, { status, body }: BirdAnswer): void {
    if (status !== 200) return;
    if (kind === 'channel' && body.includes('"platformId"')) {
      const channel = this.#directory.channelAt(path.slice(path.lastIndexOf('/') + 1));
      this.#channelAskedAt.set(channel, Math.max(startedAt, this.#channelAskedAt.get(channel) ?? NEVER));
    }
    const expiry = /^\{"serviceWindowExpireAt":(?:null|"(\d{4}-\d\d-\d\dT[\d:.]{12}Z)")/.exec(body);
    if (kind !== 'window' || expiry === null) return;
    const customer = this.#customerOf(path);
    this.shown(customer, startedAt);
    if (expiry[1] === undefined) return;
    const { now } = this.#timeline;
    const said = Date.parse(expiry[1]);
    // Nothing is believed for longer than a window can last.
    const isMessenger = this.#directory.isMessenger(this.#directory.channelOf(customer));
    const believed = Math.min(said, now + (isMessenger ? HUMAN_WINDOW_MS : WINDOW_MS));
    const isFar = said - WINDOW_MS > now + SKEW_MS;
    raise(isFar ? this.#farEnd : this.#saidEnd, customer, believed);
  }

  /** An answer has come of a read of this window that started then. */
  shown(customer: number, startedAt: number): void {
    raise(this.#askedAt, customer, startedAt);
    raise(this.#learnedAt, customer, this.#timeline.now);
  }

  /** What was observed is gone: of all windows, because the process was started again, or of one. */
  forget(customer?: number): void {
    for (const instants of [this.#inboundAt, this.#refusedAt]) {
      if (customer === undefined) instants.fill(NEVER);
      else instants[customer] = NEVER;
    }
    if (customer === undefined) this.#personWroteAt.fill(NEVER);
    else this.#personWroteAt[this.#personOf(customer)] = NEVER;
  }

  known(customer: number): Known {
    const observed = { inboundAt: this.#inboundAt[customer] ?? NEVER, refusedAt: this.#refusedAt[customer] ?? NEVER };
    return {
      must: observed,
      may: { ...observed, end: this.#saidEnd[customer] ?? NEVER, farEnd: this.#farEnd[customer] ?? NEVER },
      askedAt: this.#askedAt[customer] ?? NEVER,
      channelAskedAt: this.#channelAskedAt.get(this.#directory.channelOf(customer)) ?? NEVER,
      learnedAt: this.#learnedAt[customer] ?? NEVER,
      personWroteAt: this.#personWroteAt[this.#personOf(customer)] ?? NEVER,
    };
  }

  #personOf(customer: number): number {
    return this.#directory.customerOf(this.#directory.contactId(customer));
  }

  #customerOf(path: string): number {
    const [rest = '', address] = path.slice(path.lastIndexOf('/') + 1).split('?contactIdentifierValue=');
    const contact = { contactId: rest, address: address === undefined ? undefined : decodeURIComponent(address) };
    return this.#directory.customerOfContact(contact);
  }
}

function raise(instants: Float64Array, customer: number, at: number): void {
  instants[customer] = Math.max(at, instants[customer] ?? at);
}
