import { createGuard, type Guard, memoryStore, type Outcome, type WindowEvidence } from 'freeform-guard';

/** What can happen around one window. A `2` stands for the customer's second message, after a reset. */
export type Step =
  | 'arrive'
  | 'write'
  | 'show'
  | 'observe'
  | 'close'
  | 'refuse'
  | 'write2'
  | 'show2'
  | 'observe2'
  | 'process'
  | 'deliver'
  | 'fail';

/** How often each may happen, at most. */
export type Limits = Readonly<Partial<Record<Exclude<Step, 'process' | 'deliver'>, number>>> & {
  /** Bird's reads show that the platform has closed the window. */
  readonly doesBirdKnow: boolean;
};

const NOW = Date.UTC(2026, 0, 5, 9);
const DAY = 86_400_000;
/** The customer's messages, and between them the message of the business that is refused. */
const M1 = NOW - 3_000;
const REFUSED = NOW - 2_000;
const M2 = NOW - 1_000;
const ID = '00000000-0000-4000-8000-000000000000';
const OTHER = '00000000-0000-4000-8000-000000000001';
const ADDRESS = '+31612345678';
const KEY = { workspaceId: ID, channelId: ID, address: ADDRESS };
const CONTACT = { id: ID, identifierKey: 'phonenumber', identifierValue: ADDRESS };

interface Read {
  readonly startedAt: number;
  readonly answer: (response: Response) => void;
  end: number | null | undefined;
}

interface Request {
  readonly arrivedAt: number;
  readonly shownOpen: number | null;
  outcome: Outcome | undefined;
}

/** One guard, one window, and everything that happens to it step by step, in the order that is given. */
export class OneWindow {
  readonly done: Map<Step, number> = new Map();
  readonly violations: string[] = [];
  readonly #limits: Limits;
  readonly #guard: Guard;
  readonly #store = memoryStore({ max: 10 });
  readonly #requests: Request[] = [];
  readonly #delivered: { readonly startedAt: number; readonly end: number | null }[] = [];
  #read: Read | undefined;
  #steps = 0;
  #isPrimed = false;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#guard = createGuard({
      workspaces: { [ID]: { accessKey: 'key', lookupsPerSecond: 10_000, lookupBurst: 10_000 } },
      clock: { now: () => NOW, setTimeout: () => undefined, clearTimeout: () => {} },
      store: this.#store,
      fetch: (input) => this.#fetch(String(input)),
      logger: { warn: () => {}, error: () => {} },
    });
  }

  /** The channel is known from another contact's send, so that only the window is left to be read. */
  async prime(): Promise<this> {
    await this.#guard.check({ workspaceId: ID, channelId: ID, contact: { id: OTHER } });
    this.#isPrimed = true;
    return this;
  }

  /** What can happen next. */
  enabled(): Step[] {
    const steps: Step[] = [
      'arrive',
      'write',
      'show',
      'observe',
      'close',
      'refuse',
      'write2',
      'show2',
      'observe2',
      'fail',
    ];
    const possible = steps.filter(
      (step) => this.#times(step) < (this.#limits[step as 'write'] ?? 0) && this.#may(step),
    );
    if (this.#read !== undefined) possible.push(this.#read.end === undefined ? 'process' : 'deliver');
    return possible;
  }

  async take(step: Step): Promise<void> {
    this.#steps += 1;
    this.done.set(step, this.#times(step) + 1);
    const waiting = this.#requests.filter(({ outcome }) => outcome === undefined);
    this.#act(step);
    await new Promise((resolve) => setImmediate(resolve));
    this.#checkMemory();
    const arrived = step === 'arrive' ? this.#requests.slice(-1) : [];
    for (const request of [...waiting, ...arrived]) if (request.outcome !== undefined) this.#checkOutcome(request);
    if (step === 'arrive' && arrived[0]?.outcome === undefined && this.#read === undefined) {
      this.violations.push('INV-5: nothing is asked for a window that is not known to be open');
    }
    if (this.enabled().length === 0 && this.#requests.some(({ outcome }) => outcome === undefined)) {
      this.violations.push('INV-8: a request is never decided');
    }
  }

  /** All that what happens next can depend on. */
  state(): string {
    const { expiresAt, lastInboundAt, refusedAt } = this.#evidence();
    const waiting = this.#requests.filter(({ outcome }) => outcome === undefined);
    // Waiters differ only in whether they came before the read that runs.
    const early = waiting.filter(({ arrivedAt }) => arrivedAt <= (this.#read?.startedAt ?? 0)).length;
    const done = [...this.done].filter(([step]) => step !== 'process' && step !== 'deliver').sort();
    const read = this.#read === undefined ? 'none' : this.#read.end === undefined ? 'asked' : this.#read.end;
    return JSON.stringify([done, waiting.length, early, read, expiresAt, lastInboundAt, refusedAt]);
  }

  #act(step: Step): void {
    if (step === 'arrive') this.#arrive();
    if (step === 'observe') void this.#guard.observeInbound({ ...KEY, at: M1 });
    if (step === 'observe2') void this.#guard.observeInbound({ ...KEY, at: M2 });
    if (step === 'refuse') void this.#guard.observeRefusal({ ...KEY, sentAt: REFUSED, code: 131047 });
    const read = this.#read;
    if (read === undefined) return;
    if (step === 'process') read.end = this.#shownEnd();
    if (step !== 'deliver' && step !== 'fail') return;
    this.#read = undefined;
    if (step === 'deliver') this.#delivered.push({ startedAt: read.startedAt, end: read.end ?? null });
    read.answer(step === 'fail' ? new Response('', { status: 501 }) : windowAnswer(read.end ?? null));
  }

  #arrive(): void {
    const request: Request = { arrivedAt: this.#steps, shownOpen: this.#shownEnd(), outcome: undefined };
    this.#requests.push(request);
    this.#guard.check({ workspaceId: ID, channelId: ID, contact: CONTACT }).then(
      (outcome) => {
        request.outcome = outcome;
      },
      () => this.violations.push('INV-8: a decision was rejected'),
    );
  }

  #fetch(url: string): Promise<Response> {
    if (!url.includes('/contacts/')) return Promise.resolve(json({ id: ID, platformId: 'whatsapp', status: 'active' }));
    if (!this.#isPrimed) return Promise.resolve(windowAnswer(null));
    if (this.#read !== undefined) this.violations.push('INV-7: two reads of one window run at once');
    return new Promise((answer) => {
      this.#read = { startedAt: this.#steps, answer, end: undefined };
    });
  }

  #may(step: Step): boolean {
    const needs: Readonly<Partial<Record<Step, readonly Step[]>>> = {
      show: ['write'],
      observe: ['write'],
      close: ['write'],
      refuse: ['close'],
      write2: ['close'],
      show2: ['write2', 'show'],
      observe2: ['write2'],
    };
    if (step === 'fail' && this.#read?.end === undefined) return false;
    return (needs[step] ?? []).every((needed) => this.#times(needed) > 0);
  }

  #times(step: Step): number {
    return this.done.get(step) ?? 0;
  }

  #has(step: Step): boolean {
    return this.#times(step) > 0;
  }

  #evidence(): WindowEvidence {
    return (this.#store.get(KEY) as WindowEvidence | undefined) ?? {};
  }

  /** The end that Bird's reads show now. */
  #shownEnd(): number | null {
    if (this.#has('show2')) return M2 + DAY;
    const isKnownClosed = this.#limits.doesBirdKnow && this.#has('close');
    return this.#has('show') && !isKnownClosed ? M1 + DAY : null;
  }

  /** Whether an end counts: not if the guard has observed the refusal that refutes it. */
  #unrefuted(end: number | null): boolean {
    return end !== null && (end !== M1 + DAY || !this.#has('refuse'));
  }

  /** Only what opens or refutes is remembered, and always all of it: what was observed and what Bird has said, in any order. */
  #checkMemory(): void {
    const ends = this.#delivered.map(({ end }) => end ?? 0);
    const expected = {
      expiresAt: Math.max(0, ...ends) || undefined,
      lastInboundAt: this.#has('observe2') ? M2 : this.#has('observe') ? M1 : undefined,
      refusedAt: this.#has('refuse') ? REFUSED : undefined,
    };
    const { expiresAt, lastInboundAt, refusedAt } = this.#evidence();
    if (JSON.stringify({ expiresAt, lastInboundAt, refusedAt }) !== JSON.stringify(expected)) {
      this.violations.push('INV-3 to INV-6: what is remembered is not what was observed and read');
    }
  }

  #checkOutcome({ outcome, arrivedAt, shownOpen }: Request): void {
    const verdict = outcome?.decision.verdict;
    const isObserved = this.#has('observe2') || (this.#has('observe') && !this.#has('refuse'));
    if (verdict === 'allow') {
      const isSaid = this.#delivered.some(({ end }) => this.#unrefuted(end));
      if (!isObserved && !isSaid) this.violations.push('INV-2: allowed without evidence');
    }
    if (verdict === 'unknown' && !this.#has('fail'))
      this.violations.push('INV-3: unknown, although no read has failed');
    if (verdict !== 'deny') return;
    if (!this.#delivered.some(({ startedAt }) => startedAt >= arrivedAt)) {
      this.violations.push('INV-1: denied without a read that started after the arrival');
    }
    if (isObserved) this.violations.push('INV-1: denied what was observed');
    const isOpen = this.#has('write2') || (this.#has('write') && !this.#has('close'));
    if (isOpen && this.#unrefuted(shownOpen)) this.violations.push('INV-1: denied what Bird would show');
  }
}

function windowAnswer(end: number | null): Response {
  return json({ serviceWindowExpireAt: end === null ? null : new Date(end).toISOString() });
}

function json(body: object): Response {
  return new Response(JSON.stringify(body), { status: 200 });
}
