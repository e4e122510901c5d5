import { createGuard, type Guard, type GuardOptions, memoryStore, type Store } from 'freeform-guard';
import type { Directory } from '../model/directory.js';
import type { Timeline } from '../model/timeline.js';

/** The decision about one send. */
export interface Answer {
  readonly verdict: 'allow' | 'deny' | 'unknown';
  readonly reason: string;
  readonly source: 'memory' | 'bird' | 'none';
  /** Of an allow: until when it holds, as the guard says. */
  readonly validUntil: number | null;
}

/** What decides about sends: the guard, or one of the usual ways without it. */
export interface SystemUnderTest {
  decide(customer: number): Answer | Promise<Answer>;
  /** A customer's message was observed. Settles when that is kept. */
  inbound(customer: number, at: number): void | Promise<void>;
  /** The provider refused a message as too late. */
  refusal(customer: number, sentAt: number): void;
}

export interface SystemParts {
  readonly timeline: Timeline;
  readonly directory: Directory;
  readonly fetch: typeof globalThis.fetch;
  readonly accessKey: (workspaceId: string) => string;
  /** How many windows there can be: the guard has room for all of them and their contacts' ids. */
  readonly windows: number;
  /** Default: a memory of its own. */
  readonly store?: Store | undefined;
}

/** The guard itself, with a virtual clock and network, and nothing else changed. */
export class GuardUnderTest implements SystemUnderTest {
  readonly guard: Guard;
  readonly #parts: SystemParts;

  constructor(parts: SystemParts) {
    this.#parts = parts;
    const { directory, timeline, fetch, accessKey, windows, store = memoryStore({ max: windows }) } = parts;
    const workspaces = directory.workspaces.map((id) => [id, { accessKey: () => accessKey(id) }]);
    const options: GuardOptions = {
      workspaces: Object.fromEntries(workspaces),
      clock: timeline.clock(),
      store,
      fetch,
      logger: { warn: () => {}, error: () => {} },
    };
    this.guard = createGuard(options);
  }

  decide(customer: number): Answer | Promise<Answer> {
    const send = this.#parts.directory.send(customer);
    const remembered = this.guard.peek(send);
    if (remembered !== undefined) return answerOf(remembered);
    this.#parts.timeline.flushPromises();
    return this.guard.check(send).then(answerOf);
  }

  inbound(customer: number, at: number): void | Promise<void> {
    return this.guard.observeInbound({ ...this.#contact(customer), at });
  }

  refusal(customer: number, sentAt: number): void {
    void this.guard.observeRefusal({ ...this.#contact(customer), sentAt, code: 131047 });
  }

  forget(customer: number): void | Promise<void> {
    return this.guard.forget(this.#contact(customer));
  }

  #contact(customer: number): { workspaceId: string; channelId: string; contactId: string; address: string } {
    const { directory } = this.#parts;
    return {
      workspaceId: directory.workspaceId(customer),
      channelId: directory.channelId(customer),
      contactId: directory.contactId(customer),
      address: directory.address(customer),
    };
  }
}

function answerOf({ decision, source }: Awaited<ReturnType<Guard['check']>>): Answer {
  const { verdict, reason } = decision;
  return { verdict, reason, source, validUntil: verdict === 'allow' ? decision.validUntil : null };
}
