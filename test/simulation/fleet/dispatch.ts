import type { Customers } from '../model/customers.js';
import type { Directory } from '../model/directory.js';
import type { Random } from '../model/random.js';
import type { Timeline } from '../model/timeline.js';
import type { ExpectedKnowledge } from '../oracle/expected-knowledge.js';
import type { Oracle } from '../oracle/oracle.js';
import type { Tally } from '../report.js';
import type { Answer } from '../systems/systems-under-test.js';
import type { FleetCase, FleetKnowledge } from './knowledge.js';
import type { FleetProcess } from './process.js';

export interface DispatchParts {
  /** Of no process. */
  readonly timeline: Timeline;
  readonly random: Random;
  readonly processes: readonly FleetProcess[];
  readonly customers: Customers;
  readonly directory: Directory;
  readonly observedByAny: ExpectedKnowledge;
  readonly knowledge: FleetKnowledge;
  readonly oracle: Oracle<FleetCase>;
  readonly tally: Tally;
  /** Whether the processes observe refusals. */
  readonly observesRefusals: boolean;
}

/** Spreads what happens over the processes: each send, message, refusal and wish to forget reaches one of them. */
export class Dispatch {
  readonly #parts: DispatchParts;
  readonly #refused = new Set<number>();
  /** When `forget` was called for a window; `undefined`: it has not settled yet. */
  readonly #forgottenAt = new Map<number, number | undefined>();

  constructor(parts: DispatchParts) {
    this.#parts = parts;
  }

  /** Settles when the process has kept it. */
  observe(customer: number, at: number): Promise<void> {
    const { observedByAny, random } = this.#parts;
    // About some, several processes ask just now.
    if (random.chance(0.1)) this.burst(customer, 4, 8);
    return this.#run((process) => {
      observedByAny.inbound(customer, at);
      process.expected.inbound(customer, at);
      return process.guard.inbound(customer, at);
    });
  }

  send(customer: number): void {
    const { oracle, knowledge, tally } = this.#parts;
    void this.#run((process) => {
      const { timeline, starts } = process;
      const seen = knowledge.seen(process, customer);
      const asked: FleetCase = { ...oracle.arrived(customer, timeline, starts), process, seen };
      const answer = process.guard.decide(customer);
      if (!(answer instanceof Promise)) return this.#decided(asked, answer, true);
      tally.pending += 1;
      answer.then(
        (late) => {
          tally.pending -= 1;
          this.#decided(asked, late, false);
        },
        () => oracle.violation('INV-8: a decision was rejected'),
      );
    });
  }

  /** Several sends to one customer at about the same time, by several processes. */
  burst(customer: number, count: number, withinMs: number): void {
    const { timeline, random } = this.#parts;
    for (let one = 0; one < count; one += 1) {
      timeline.at(timeline.now + random.between(0, withinMs), () => this.send(customer));
    }
  }

  /** Sends to different customers of one workspace, more than its reads allow. */
  overload(customer: number, perSecond: number, ms: number): void {
    const { timeline, directory } = this.#parts;
    const count = (ms / 1000) * perSecond;
    for (let one = 0; one < count; one += 1) {
      const other = customer - one * directory.workspaces.length;
      // A refusal of these starts no further burst.
      this.#refused.add(other);
      timeline.at(timeline.now + (one * 1000) / perSecond, () => this.send(other));
    }
  }

  /** Forgets a window. Afterwards somebody sends into it. */
  forgetWindow(customer: number): void {
    const { timeline, random, directory, knowledge } = this.#parts;
    const { workspaceId, channelId } = directory.send(customer);
    const forgotten = this.#run((process) => {
      this.#forgottenAt.set(customer, undefined);
      knowledge.forgotten({ workspaceId, channelId, address: directory.address(customer) });
      return process.guard.forget(customer);
    });
    const calledAt = timeline.now;
    void forgotten.then(() => this.#forgottenAt.set(customer, calledAt));
    timeline.at(timeline.now + random.between(200, 3_000), () => this.send(customer));
  }

  forgetChannel(customer: number): void {
    const { directory, knowledge } = this.#parts;
    const { workspaceId, channelId } = directory.send(customer);
    void this.#run((process) => {
      knowledge.forgotten({ workspaceId, channelId });
      return process.guard.guard.forget({ workspaceId, channelId });
    });
  }

  #decided(asked: FleetCase, answer: Answer, isAtOnce: boolean): void {
    const { timeline, customers, oracle, tally, observesRefusals } = this.#parts;
    const { now } = timeline;
    oracle.decided(asked, answer);
    this.#checkForgotten(asked, answer);
    tally.decided({ asked, answer, now, tookMs: isAtOnce ? undefined : oracle.awakeMs(asked) });
    if (answer.verdict !== 'deny' && !customers.isOpen(asked.customer, now) && observesRefusals) {
      this.#refuse(asked.customer, now);
    }
  }

  /** After the first refusal of a customer's message, others are sent at once and later. */
  #refuse(customer: number, sentAt: number): void {
    const { timeline, random, observedByAny, tally } = this.#parts;
    timeline.at(timeline.now + random.spread(500, 60_000), () => {
      tally.count('refusal');
      void this.#run((process) => {
        observedByAny.refused(customer, sentAt);
        process.expected.refused(customer, sentAt);
        process.guard.refusal(customer, sentAt);
      });
      if (this.#refused.has(customer)) return;
      this.#refused.add(customer);
      this.burst(customer, 6, 6);
      this.burst(customer, 6, 20_000);
    });
  }

  #checkForgotten(asked: FleetCase, answer: Answer): void {
    const { knowledge, oracle } = this.#parts;
    const calledAt = this.#forgottenAt.get(asked.customer);
    if (calledAt === undefined || knowledge.isForgotten(asked, calledAt, answer)) return;
    oracle.violation(`remembered a forgotten window: customer ${asked.customer}, decided ${asked.timeline.now}`);
  }

  /** One process does something, as soon as it is awake. */
  #run(act: (process: FleetProcess) => void | Promise<void>): Promise<void> {
    const { timeline, random, processes } = this.#parts;
    const process = random.pick(processes);
    return new Promise((resolve) => {
      process.run(() => {
        timeline.flushPromises();
        void Promise.resolve(act(process)).then(resolve);
      });
    });
  }
}
