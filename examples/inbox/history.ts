import type { OutgoingMessage } from 'freeform-guard/sandbox';
import type { LocalBird } from './local-bird.js';

/** Something that was written in a conversation. */
export interface Entry {
  readonly conversationId: string;
  readonly from: 'customer' | 'agent';
  readonly kind: 'text' | 'template';
  readonly text: string;
  /** What the guard decided; absent where it was not asked. */
  readonly guard?: { readonly verdict: string; readonly reason: string } | undefined;
  /** The message at Bird; absent where nothing was sent. */
  readonly birdId?: string | undefined;
}

/** What became of it: Bird's word, or nobody sent it. */
export type Fate = 'received' | 'stopped' | 'sending' | 'delivered' | 'lost';

/** What happened in the inbox. What Bird made of a message is looked up each time: it fails minutes after the 202. */
export class History {
  readonly #bird: LocalBird;
  readonly #entries: (Entry & { readonly at: number })[] = [];

  constructor(bird: LocalBird) {
    this.#bird = bird;
  }

  add(entry: Entry): void {
    this.#entries.push({ ...entry, at: this.#bird.sandbox.clock.now() });
  }

  list(): (Omit<Entry, 'birdId'> & { readonly at: number; readonly fate: Fate })[] {
    const sent = new Map(this.#bird.sandbox.messages().map((message) => [message.id, message]));
    return this.#entries.map(({ birdId, ...entry }) => ({ ...entry, fate: fateOf(entry, sent.get(birdId ?? '')) }));
  }
}

function fateOf({ from }: Pick<Entry, 'from'>, message: OutgoingMessage | undefined): Fate {
  if (from === 'customer') return 'received';
  if (message === undefined) return 'stopped';
  if (message.status === 'delivered') return 'delivered';
  return message.failure === undefined ? 'sending' : 'lost';
}
