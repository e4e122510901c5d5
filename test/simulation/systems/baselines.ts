import { WINDOW_MS } from '../model/customers.js';
import type { Answer, SystemParts, SystemUnderTest } from './systems-under-test.js';

const TIMEOUT_MS = 800;

/** Asks Bird before every send, as one would write it in ten lines: `expiry > now` is open, an error is unknown. */
export class AskEveryTime implements SystemUnderTest {
  readonly #parts: SystemParts;

  constructor(parts: SystemParts) {
    this.#parts = parts;
  }

  decide(customer: number): Answer | Promise<Answer> {
    this.#parts.timeline.flushPromises();
    return this.#ask(customer).then(verdict, () => answer('unknown'));
  }

  inbound(_customer: number, _at: number): void {}

  refusal(): void {}

  /** Whether Bird says that the window is open. */
  #ask(customer: number): Promise<boolean> {
    const { directory, timeline, accessKey, fetch } = this.#parts;
    const workspaceId = directory.workspaceId(customer);
    const address = encodeURIComponent(directory.address(customer));
    const channel = `https://api.bird.com/workspaces/${workspaceId}/channels/${directory.channelId(customer)}`;
    const url = `${channel}/contacts/${directory.contactId(customer)}?contactIdentifierValue=${address}`;
    const headers = { authorization: `AccessKey ${accessKey(workspaceId)}` };
    return new Promise((resolve, reject) => {
      const { setTimeout } = timeline.clock();
      setTimeout(() => reject(new Error('timeout')), TIMEOUT_MS);
      fetch(url, { headers })
        .then(async (response) => {
          if (!response.ok) throw new Error('not ok');
          const { serviceWindowExpireAt } = (await response.json()) as {
            readonly serviceWindowExpireAt: string | null;
          };
          resolve(serviceWindowExpireAt !== null && Date.parse(serviceWindowExpireAt) > timeline.clock().now());
        })
        .catch(reject);
    });
  }
}

/** The same, with a cache of its answers, open and closed alike. */
export class AskAndKeep implements SystemUnderTest {
  readonly #ask: AskEveryTime;
  readonly #parts: SystemParts;
  readonly #keepMs: number;
  readonly #kept = new Map<number, { readonly until: number; readonly answer: Answer }>();

  constructor(parts: SystemParts, keepMs: number) {
    this.#ask = new AskEveryTime(parts);
    this.#parts = parts;
    this.#keepMs = keepMs;
  }

  decide(customer: number): Answer | Promise<Answer> {
    const { timeline } = this.#parts;
    const kept = this.#kept.get(customer);
    if (kept !== undefined && timeline.now < kept.until) return kept.answer;
    return Promise.resolve(this.#ask.decide(customer)).then((fresh) => {
      if (fresh.verdict !== 'unknown') this.#kept.set(customer, { until: timeline.now + this.#keepMs, answer: fresh });
      return fresh;
    });
  }

  inbound(): void {}

  refusal(): void {}
}

/** Asks nobody: 24 hours from the last message of which an event came. No event means closed. */
export class LastInbound implements SystemUnderTest {
  readonly #parts: SystemParts;
  readonly #inboundAt: Map<number, number>;

  /** @param inboundAt the application's database: it outlasts a start of the process */
  constructor(parts: SystemParts, inboundAt: Map<number, number>) {
    this.#parts = parts;
    this.#inboundAt = inboundAt;
  }

  decide(customer: number): Answer {
    const now = this.#parts.timeline.clock().now();
    return verdict(now < (this.#inboundAt.get(customer) ?? Number.NEGATIVE_INFINITY) + WINDOW_MS);
  }

  /** As it is mostly written: what comes last is taken for the latest. */
  inbound(customer: number, at: number): void {
    this.#inboundAt.set(customer, at);
  }

  refusal(): void {}
}

function verdict(isOpen: boolean): Answer {
  return answer(isOpen ? 'allow' : 'deny');
}

function answer(verdict: Answer['verdict']): Answer {
  const reason = verdict === 'deny' ? 'service_window_closed' : verdict;
  return { verdict, reason, source: 'none', validUntil: null };
}
