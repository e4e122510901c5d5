/** Chance that can be repeated: the same seed and stream give the same numbers, on any machine. */
export class Random {
  #a: number;
  #b: number;
  #c = 1;

  /** @param stream keeps apart what must not influence each other, such as customers and the network */
  constructor(seed: number, stream: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(stream + 1, 0x9e3779b9);
    for (let warmUp = 0; warmUp < 12; warmUp += 1) this.next();
  }

  /** At least 0, less than 1 (the generator is Bob Jenkins' small fast one, with three words). */
  next(): number {
    const sum = (this.#a + this.#b + this.#c) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `least` to `most`, all equally likely. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** A whole number from `least` (at least 1) to `most`, where each tenfold is as likely as the next one. */
  spread(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.next());
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}

/** Gives every card once, in any order, before it gives one again: so that what is rare is reached too. */
export class Deck<T> {
  readonly #cards: readonly T[];
  readonly #random: Random;
  #left: T[] = [];

  constructor(cards: readonly T[], random: Random) {
    this.#cards = cards;
    this.#random = random;
  }

  draw(): T {
    if (this.#left.length === 0) this.#left = [...this.#cards];
    const card = this.#random.pick(this.#left);
    this.#left.splice(this.#left.indexOf(card), 1);
    return card;
  }
}
