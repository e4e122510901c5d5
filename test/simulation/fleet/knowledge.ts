import { addressOfId } from '../../../src/core/contact-address.js';
import type { Directory } from '../model/directory.js';
import { type Known, NEVER, type Told } from '../oracle/expected-knowledge.js';
import type { Case } from '../oracle/oracle.js';
import { type ForgetTarget, readWindow, windowId } from '../server/windows.js';
import type { Answer } from '../systems/systems-under-test.js';
import type { FleetProcess } from './process.js';

/** So long after a window was forgotten it may take with it what was told meanwhile. */
const FORGETTING_MS = 600_000;
/** The longest after which a write that was held up still comes. */
const LATEST_WRITE_MS = 120_000;

/** What the server that a process is connected to keeps of a window. */
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
  /** What any process was ever told, whatever became of it. */
  readonly ever: Told;
  readonly now: () => number;
  readonly count: (name: string) => void;
}

/** What a process must know that was told itself or sees what the others were told, and what it may know. */
export class FleetKnowledge {
  readonly #parts: FleetKnowledgeParts;
  readonly #forgottenAt = new Map<number, number>();
  /** The refusals of which each process has heard at least that something was changed. */
  readonly #heard: readonly Map<string, { readonly refusedAt: number; readonly at: number }>[];

  constructor(parts: FleetKnowledgeParts) {
    this.#parts = parts;
    this.#heard = parts.processes.map(() => new Map());
  }

  heard(process: number, windowId: string): void {
    const server = this.#parts.processes[process]?.link.server;
    const { refusedAt } = server?.tables.windows.get(windowId)?.evidence ?? {};
    if (server?.isDeposed !== false || typeof refusedAt !== 'number') return;
    this.#heard[process]?.set(windowId, { refusedAt, at: this.#parts.now() });
  }

  /** A server that has lost something may know less than what was heard. */
  lost(): void {
    for (const heard of this.#heard) heard.clear();
  }

  /**
   * What all processes were told of a window, where this one has to see it: it is connected, everything that was changed
   * in the window has reached it, and the server has it.
   */
  seen({ link }: FleetProcess, customer: number): Seen | undefined {
    const { server } = link;
    const keys = this.#keysOf(customer);
    if (server === undefined || !link.isQuick || !keys.every((key) => link.hasHeardOf(windowId(key)))) return undefined;
    const [evidence = {}] = keys.map((key) => readWindow(server, key).evidence);
    const isById = keys.length === 1;
    return {
      inboundAt: (isById ? evidence.contactWroteAt : evidence.lastInboundAt) ?? NEVER,
      refusedAt: evidence.refusedAt ?? NEVER,
    };
  }

  known({ process, customer, run, arrivedAt, seen }: FleetCase, { source }: Answer): Known | undefined {
    const { ever, now, count } = this.#parts;
    if (run !== process.starts) return undefined;
    const own = process.told.known(customer);
    const wasForgotten = now() - (this.#forgottenAt.get(customer) ?? NEVER) < FORGETTING_MS;
    const told = wasForgotten ? { inboundAt: NEVER, refusedAt: NEVER } : own.must;
    const still = process.link.isUndisturbedSince(arrivedAt) && !wasForgotten && this.seen(process, customer);
    const must = {
      inboundAt: Math.max(told.inboundAt, seen && still ? Math.min(seen.inboundAt, still.inboundAt) : NEVER),
      refusedAt: Math.max(told.refusedAt, seen && still ? Math.min(seen.refusedAt, still.refusedAt) : NEVER),
    };
    // Bird may confirm what a refusal refutes; without its word or the others', nothing from before a change is used.
    const heardOf = source === 'memory' && !wasForgotten ? this.#heardOf(process, customer, arrivedAt) : NEVER;
    if (heardOf > must.refusedAt) count('decided on a refusal of which nothing more was heard');
    if (must.inboundAt > told.inboundAt) count('decided on what others were told');
    if (must.refusedAt > told.refusedAt) count('decided on a refusal that others were told');
    const refusedAt = Math.max(must.refusedAt, heardOf);
    return { ...own, must: { ...must, refusedAt }, may: ever.known(customer).may };
  }

  /** Of a refusal that it could not ask about: until Bird has said otherwise, in a read that started later. */
  #heardOf(process: FleetProcess, customer: number, arrivedAt: number): number {
    const heard = this.#heard[this.#parts.processes.indexOf(process)];
    const [key] = this.#keysOf(customer);
    const { refusedAt = NEVER, at = NEVER } = (key && heard?.get(windowId(key))) ?? {};
    const isConfirmed = process.told.known(customer).askedAt > at;
    return at < arrivedAt && !isConfirmed ? refusedAt : NEVER;
  }

  /** A server forgets it, or a process is asked to. */
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
   * Holds a decision about a window that was forgotten against it: where nothing has disturbed the processes since well
   * before, none may remember it.
   */
  isForgotten({ customer, arrivedAt }: FleetCase, calledAt: number, { source, verdict }: Answer): boolean {
    const { processes, ever, count } = this.#parts;
    const calmSince = calledAt - LATEST_WRITE_MS;
    const isCalm = processes.every(({ link }) => link.isUndisturbedSince(calmSince));
    const hasHeard = this.#keysOf(customer).every((key) =>
      processes.every(({ link }) => link.hasHeardOf(windowId(key))),
    );
    if (!isCalm || !hasHeard || arrivedAt < calledAt + 100 || ever.known(customer).heardAt > calmSince) return true;
    count('decided on what was forgotten');
    return !(verdict === 'allow' && source === 'memory');
  }

  #forget(customer: number): void {
    const { processes, now } = this.#parts;
    this.#forgottenAt.set(customer, now());
    for (const { told } of processes) told.forget(customer);
    for (const heard of this.#heard) for (const key of this.#keysOf(customer)) heard.delete(windowId(key));
  }

  /** The window that a send is about, and where its contact's own is not the same, that too. */
  #keysOf(customer: number): readonly { workspaceId: string; channelId: string; address: string }[] {
    const { directory } = this.#parts;
    const workspaceId = directory.workspaceId(customer);
    const channelId = directory.channelId(customer);
    const ofId = { workspaceId, channelId, address: addressOfId(directory.contactId(customer)) };
    return directory.isSentById(customer) ? [ofId] : [{ ...ofId, address: directory.address(customer) }, ofId];
  }
}
