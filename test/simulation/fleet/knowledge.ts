import { addressOfId } from '../../../src/core/contact-address.js';
import type { Store } from '../../../src/ports.js';
import type { Directory } from '../model/directory.js';
import { type ExpectedKnowledge, type Known, NEVER } from '../oracle/expected-knowledge.js';
import type { Case } from '../oracle/oracle.js';
import { storedInstants } from '../server/windows.js';
import type { Answer } from '../systems/systems-under-test.js';
import type { FleetProcess } from './process.js';
import { keys, type SharedWindow, sharedWindow } from './shared-store.js';

type ForgetTarget = Parameters<Store['forget']>[0];

/** For this long after a `forget`, it may also drop what was observed meanwhile. */
const FORGETTING_MS = 600_000;
/** A delayed write arrives within this. */
const MAX_WRITE_DELAY_MS = 120_000;

/** What the server of a process keeps of a window. */
interface Seen {
  readonly inboundAt: number;
  readonly refusedAt: number;
}

export interface FleetCase extends Case {
  readonly process: FleetProcess;
  /** `undefined`: the process cannot be expected to see it. */
  readonly seen: Seen | undefined;
}

export interface FleetKnowledgeParts {
  readonly processes: readonly FleetProcess[];
  readonly directory: Directory;
  /** How many there are. */
  readonly customers: number;
  /** What any process has observed, whatever became of it. */
  readonly observedByAny: ExpectedKnowledge;
  readonly now: () => number;
  readonly count: (name: string) => void;
}

/** What a process must know, from its own observations or from what it sees of the others', and what it may know. */
export class FleetKnowledge {
  readonly #parts: FleetKnowledgeParts;
  readonly #forgottenAt = new Map<number, number>();
  /** By process, the refusals of which it was notified, at least that something has changed. */
  readonly #notified: readonly Map<string, { readonly refusedAt: number; readonly at: number }>[];

  constructor(parts: FleetKnowledgeParts) {
    this.#parts = parts;
    this.#notified = parts.processes.map(() => new Map());
  }

  notified(process: number, windowId: string): void {
    const server = this.#parts.processes[process]?.link.server;
    if (server?.isDeposed !== false) return;
    const now = this.#parts.now();
    const { refusedAt } = storedInstants(server, [keys.window(windowId)], now);
    if (refusedAt !== undefined) this.#notified[process]?.set(windowId, { refusedAt, at: now });
  }

  /** A server that has lost something may know less than its notifications said. */
  lost(): void {
    for (const notified of this.#notified) notified.clear();
  }

  /**
   * What all processes have observed of a window, if this one has to see it: it is connected, every notification about
   * the window has reached it, and the server has it.
   */
  seen({ link }: FleetProcess, customer: number): Seen | undefined {
    const { server } = link;
    const windows = this.#windowsOf(customer);
    if (server === undefined || !link.isResponsive || !windows.every(({ id }) => link.hasAllNotificationsOf(id)))
      return undefined;
    const [evidence = {}] = windows.map((window) => storedInstants(server, window.keys, this.#parts.now()));
    const isById = windows.length === 1;
    return {
      inboundAt: (isById ? evidence.contactWroteAt : evidence.lastInboundAt) ?? NEVER,
      refusedAt: evidence.refusedAt ?? NEVER,
    };
  }

  known({ process, customer, run, arrivedAt, seen }: FleetCase, { source }: Answer): Known | undefined {
    const { observedByAny, now, count } = this.#parts;
    if (run !== process.starts) return undefined;
    const own = process.expected.known(customer);
    const wasForgotten = now() - (this.#forgottenAt.get(customer) ?? NEVER) < FORGETTING_MS;
    const observed = wasForgotten ? { inboundAt: NEVER, refusedAt: NEVER } : own.must;
    const still = process.link.isUndisturbedSince(arrivedAt) && !wasForgotten && this.seen(process, customer);
    const must = {
      inboundAt: Math.max(observed.inboundAt, seen && still ? Math.min(seen.inboundAt, still.inboundAt) : NEVER),
      refusedAt: Math.max(observed.refusedAt, seen && still ? Math.min(seen.refusedAt, still.refusedAt) : NEVER),
    };
    // Bird may confirm what a refusal refutes. Without an answer of Bird's, memory from before a notification is not used.
    const notifiedOf = source === 'memory' && !wasForgotten ? this.#notifiedOf(process, customer, arrivedAt) : NEVER;
    if (notifiedOf > must.refusedAt) count('decided on a refusal known by its notification alone');
    if (must.inboundAt > observed.inboundAt) count('decided on what others observed');
    if (must.refusedAt > observed.refusedAt) count('decided on a refusal that others observed');
    const refusedAt = Math.max(must.refusedAt, notifiedOf);
    return { ...own, must: { ...must, refusedAt }, may: observedByAny.known(customer).may };
  }

  /** A refusal of which only the notification arrived counts until a later read says otherwise. */
  #notifiedOf(process: FleetProcess, customer: number, arrivedAt: number): number {
    const notified = this.#notified[this.#parts.processes.indexOf(process)];
    const [window] = this.#windowsOf(customer);
    const { refusedAt = NEVER, at = NEVER } = (window && notified?.get(window.id)) ?? {};
    const isConfirmed = process.expected.known(customer).askedAt > at;
    return at < arrivedAt && !isConfirmed ? refusedAt : NEVER;
  }

  /** A server or a process forgets it. */
  forgotten({ channelId, address }: ForgetTarget): void {
    const { directory, customers } = this.#parts;
    const ofId = addressOfId('');
    if (address?.startsWith(ofId)) this.#forget(directory.customerOf(address.slice(ofId.length)));
    else if (address !== undefined) this.#forget(directory.customerAt(address));
    else {
      const channel = directory.channelAt(channelId ?? '');
      for (const customer of directory.customersOn(channel, customers)) this.#forget(customer);
    }
  }

  /**
   * Checks a decision about a window that was forgotten: if all processes have been connected since well before, none may
   * remember it.
   */
  isForgotten({ customer, arrivedAt }: FleetCase, calledAt: number, { source, verdict }: Answer): boolean {
    const { processes, observedByAny, count } = this.#parts;
    const skippedSince = calledAt - MAX_WRITE_DELAY_MS;
    const isCalm = processes.every(({ link }) => link.isUndisturbedSince(skippedSince));
    const hasAll = this.#windowsOf(customer).every(({ id }) =>
      processes.every(({ link }) => link.hasAllNotificationsOf(id)),
    );
    if (!isCalm || !hasAll || arrivedAt < calledAt + 100 || observedByAny.known(customer).learnedAt > skippedSince)
      return true;
    count('decided on what was forgotten');
    return !(verdict === 'allow' && source === 'memory');
  }

  #forget(customer: number): void {
    const { processes, now } = this.#parts;
    this.#forgottenAt.set(customer, now());
    for (const { expected } of processes) expected.forget(customer);
    for (const notified of this.#notified) for (const { id } of this.#windowsOf(customer)) notified.delete(id);
  }

  /** The window that a send is about, and where its contact's own is not the same, that too. */
  #windowsOf(customer: number): readonly SharedWindow[] {
    const { directory } = this.#parts;
    const workspaceId = directory.workspaceId(customer);
    const channelId = directory.channelId(customer);
    const ofId = { workspaceId, channelId, address: addressOfId(directory.contactId(customer)) };
    const all = directory.isSentById(customer) ? [ofId] : [{ ...ofId, address: directory.address(customer) }, ofId];
    return all.map(sharedWindow);
  }
}
