/** Of WhatsApp and Messenger, which the simulated channels run on. */
export const WINDOW_MS = 86_400_000;
/** In which a human may still answer on Messenger. */
export const HUMAN_WINDOW_MS: number = 7 * WINDOW_MS;
/** After an advertisement Bird's date lies so far ahead, though the platform takes free text for 24 h. */
const FAR_DATE_MS = 3 * WINDOW_MS;

interface Inbound {
  readonly at: number;
  /** From when on Bird's reads show it. */
  readonly shownAt: number;
}

/**
 * The truth about the service windows: who wrote when. A customer is a number; his window is the one between the one
 * channel and the one address that he uses. All instants are true ones.
 */
export class Customers {
  readonly count: number;
  readonly #hasFarDates: boolean;
  readonly #lastInboundAt: Float64Array;
  readonly #shownInboundAt: Float64Array;
  /** When the platform closed a window before its time, which Bird need not know of. */
  readonly #closedAt: Float64Array;
  readonly #closedForBird = new Set<number>();
  /** Inbounds that Bird's reads do not show yet. */
  readonly #hidden = new Map<number, Inbound[]>();

  /** @param hasFarDates whether some came by an advertisement */
  constructor(count: number, hasFarDates = false) {
    this.count = count;
    this.#hasFarDates = hasFarDates;
    this.#lastInboundAt = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#shownInboundAt = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#closedAt = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  }

  write(customer: number, at: number, shownAt: number): void {
    this.#lastInboundAt[customer] = Math.max(this.lastInboundAt(customer), at);
    this.#closedForBird.delete(customer);
    const hidden = this.#hidden.get(customer);
    if (hidden !== undefined) hidden.push({ at, shownAt });
    else if (shownAt > at) this.#hidden.set(customer, [{ at, shownAt }]);
    else this.#shownInboundAt[customer] = at;
  }

  /** The platform will not take free-form messages any more, until the customer writes again. */
  close(customer: number, at: number, doesBirdKnow: boolean): void {
    this.#closedAt[customer] = at;
    if (doesBirdKnow) this.#closedForBird.add(customer);
  }

  lastInboundAt(customer: number): number {
    return this.#lastInboundAt[customer] ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether the platform takes a free-form message at this instant, which must not lie before the last one written. */
  isOpen(customer: number, at: number, lengthMs: number = WINDOW_MS): boolean {
    const inboundAt = this.lastInboundAt(customer);
    return at < inboundAt + lengthMs && inboundAt > (this.#closedAt[customer] ?? 0);
  }

  /** The latest inbound that Bird's reads show; `-Infinity`: none. */
  shownInboundAt(customer: number, now: number): number {
    const hidden = this.#hidden.get(customer);
    if (hidden !== undefined) {
      const still = hidden.filter(({ shownAt }) => shownAt > now);
      for (const { at, shownAt } of hidden) if (shownAt <= now) this.#show(customer, at);
      if (still.length === 0) this.#hidden.delete(customer);
      else this.#hidden.set(customer, still);
    }
    return this.#shownInboundAt[customer] ?? Number.NEGATIVE_INFINITY;
  }

  /** The end of the window as Bird's reads give it; `undefined`: there is none, or Bird knows that it was closed. */
  reportedEnd(customer: number, now: number): number | undefined {
    const inboundAt = this.shownInboundAt(customer, now);
    if (inboundAt === Number.NEGATIVE_INFINITY || this.#closedForBird.has(customer)) return undefined;
    return inboundAt + (this.#hasFarDates && customer % 23 === 5 ? FAR_DATE_MS : WINDOW_MS);
  }

  #show(customer: number, at: number): void {
    this.#shownInboundAt[customer] = Math.max(this.#shownInboundAt[customer] ?? at, at);
  }
}
