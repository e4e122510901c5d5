import type { Fault as Answer, FaultRequest, SwitchOptions } from 'freeform-guard/sandbox';
import type { Random } from '../../simulation/model/random.js';

/** Something that is wrong with Bird for a while. */
export interface BirdFault {
  readonly name: string;
  /** What happens to a share of the requests. */
  readonly answers?: readonly Answer[];
  /** What happens to its events. */
  readonly switches?: SwitchOptions;
}

const json = { 'content-type': 'application/json' };

export const birdFaults: readonly BirdFault[] = [
  { name: '5xx', answers: [{ status: 500 }, { status: 502, body: '<html>Bad gateway</html>' }, { status: 503 }] },
  { name: 'stalls', answers: [{ stall: 'headers' }, { stall: 'body' }, { dripMs: 100 }] },
  {
    name: '429',
    answers: [
      { status: 429 },
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 429, headers: { 'retry-after': 'x' } },
    ],
  },
  { name: 'cut connections', answers: [{ reset: true }, { reset: 'body' }] },
  {
    name: 'garbage',
    answers: [
      { status: 200, headers: json, body: '{"id":' },
      { status: 200, headers: json, body: '[]' },
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' },
      { status: 200, headers: json, body: { serviceWindowExpireAt: {}, platformId: 7 } },
      { oversize: 200_000 },
      { redirect: 'http://127.0.0.1:9/' },
    ],
  },
  { name: 'late events', switches: { webhookDelayMs: 3_000 } },
  { name: 'each event three times', switches: { webhookCopies: 3 } },
  { name: 'lost events', switches: { webhookLoss: 'all' } },
];

const usual: SwitchOptions = { webhookDelayMs: 0, webhookCopies: 1, webhookLoss: 'none' };

/** Bird as it is now: well, or with one fault. */
export class BirdHealth {
  readonly #random: Random;
  readonly #set: (switches: SwitchOptions) => void;
  #answers: readonly Answer[] = [];
  #share = 0;

  constructor(random: Random, set: (switches: SwitchOptions) => void) {
    this.#random = random;
    this.#set = set;
  }

  begin({ answers = [], switches = {} }: BirdFault): void {
    this.#answers = answers;
    this.#share = this.#random.pick([0.3, 0.7, 1]);
    this.#set(switches);
  }

  end(): void {
    this.#answers = [];
    this.#set(usual);
  }

  /** Nothing is answered until `end`. */
  stall(): void {
    this.#answers = [{ stall: 'headers' }];
    this.#share = 1;
  }

  readonly fault = (_request: FaultRequest): Answer | undefined => {
    if (this.#answers.length === 0 || !this.#random.chance(this.#share)) return undefined;
    return this.#random.pick(this.#answers);
  };
}
