import type { BirdApiOptions } from '../../bird/api/api-client.js';
import { birdLookup } from '../../bird/api/bird-lookup.js';
import { type MessageToPost, postMessage } from '../../bird/api/post-message.js';
import { ServerClock } from '../../bird/api/server-clock.js';
import { otherSpelling } from '../../bird/number-spelling.js';
import { ownFields } from '../../core/own.js';
import { ChannelCache } from '../../lookup/channel-cache.js';
import { ContactIdCache } from '../../lookup/contact-id-cache.js';
import { ContactIdentifiers } from '../../lookup/contact-identifiers.js';
import { ConversationCache } from '../../lookup/conversation-cache.js';
import { CircuitBreaker } from '../../lookup/reads/circuit-breaker.js';
import { type Breakers, circuitBreakingLookup } from '../../lookup/reads/circuit-breaking.js';
import { decorate } from '../../lookup/reads/decorate.js';
import { cooldownLookup, DeniedKeyCooldown } from '../../lookup/reads/denied-key.js';
import { FleetBudget } from '../../lookup/reads/fleet-budget.js';
import { fleetLookup } from '../../lookup/reads/fleet-coalescing.js';
import { type PatientQueues, patientLookup, patientQueues } from '../../lookup/reads/patient-reads.js';
import { rateLimitedLookup } from '../../lookup/reads/rate-limited.js';
import { FairTokenBucket, shareOf } from '../../lookup/reads/read-budget.js';
import { retryingLookup } from '../../lookup/reads/retrying.js';
import { watchedLookup } from '../../lookup/reads/watched.js';
import { WindowCache } from '../../lookup/window-cache.js';
import type { Cache, IdentifierRef } from '../../ports.js';
import { memoryCache } from '../../stores/memory-store.js';
import type { DecisionCounter } from '../../telemetry/decisions.js';
import type { WorkspaceHealth } from '../../telemetry/health.js';
import type { Statistics } from '../../telemetry/statistics.js';
import { channelOf, lookupTroubles } from '../notices/lookup-troubles.js';
import { Troubles } from '../notices/troubles.js';
import type { GuardParts } from './options.js';
import type { Policy, PolicyOwner } from './policy.js';
import type { ResolvedWorkspace } from './workspace-options.js';

/** Searches are POSTs, of which Bird allows 500 a second, sends included: they must leave room for the sends. */
const searchLimits = { perSecond: 100, burst: 50 } as const;

/** One workspace at work: its options, and what looks facts up for it with a budget and a memory of its own. */
export class Workspace {
  readonly channels: ChannelCache;
  readonly windows: WindowCache;
  readonly conversations: ConversationCache;
  readonly identifiers: ContactIdentifiers;
  /** Counts the workspace's decisions. */
  readonly counter: DecisionCounter;
  /** The time as Bird has it, epoch ms. */
  readonly now: () => number;
  /** The same when the guard's clock says `localMs`. */
  readonly timeAt: (localMs: number) => number;
  /** The time if the latest answer of Bird is right, where no second one has said so yet. */
  readonly suddenNow: () => number | undefined;
  readonly #contactIds: ContactIdCache;
  /** What is remembered of contacts, besides windows. */
  readonly #contactFacts: Pick<Cache<object>, 'clear'>[] = [];
  readonly #deniedKey: DeniedKeyCooldown;
  readonly #reads: FairTokenBucket | FleetBudget;
  readonly #breakers: Breakers;
  readonly #patient: PatientQueues;
  readonly #api: BirdApiOptions;
  #options: ResolvedWorkspace;
  #isRemoved = false;

  constructor(options: ResolvedWorkspace, parts: GuardParts, statistics: Statistics) {
    const { clock, store, fetch, logger, links, lookups, bird: watch, inFlight } = parts;
    this.#options = options;
    this.counter = statistics.counterOf(options.id);
    this.#deniedKey = new DeniedKeyCooldown(clock);
    const { id: workspaceId, baseUrl, lookupsPerSecond, lookupBurst } = options;
    const serverClock = new ServerClock(clock, (skewMs) => {
      logger.warn({ workspaceId, skewMs }, "The local clock differs from Bird's; decisions follow Bird's");
    });
    this.now = () => serverClock.now();
    this.timeAt = serverClock.at.bind(serverClock);
    this.suddenNow = () => serverClock.suddenNow();
    const onDate = serverClock.observe.bind(serverClock);
    this.#api = { baseUrl, accessKey: () => this.#accessKey(parts), fetch, clock };
    const bird = birdLookup({ ...this.#api, onDate });
    const counted = decorate(bird, (nature, ask) => {
      statistics.countLookup(nature.kind);
      const question = { workspaceId, channelId: channelOf(nature), kind: nature.kind };
      return inFlight.track(lookups.ask(question, ask));
    });
    const { fleet } = ownFields(store);
    const limits = { clock, perSecond: lookupsPerSecond, burst: lookupBurst };
    this.#reads =
      fleet === undefined ? new FairTokenBucket(limits) : new FleetBudget({ ...limits, workspaceId, fleet });
    const searchLimit = fleet === undefined ? searchLimits : shareOf(searchLimits, fleet.instances);
    const budgets = { reads: this.#reads, searches: new FairTokenBucket({ clock, ...searchLimit }) };
    this.#breakers = { reads: new CircuitBreaker(clock), searches: new CircuitBreaker(clock) };
    this.#patient = patientQueues({ clock, budgets, breakers: this.#breakers });
    // From the inside out: what is broken costs no read, a retry has to pass the breaker and the budget again and wait
    // for its turn if it is patient, and the hold sees what is left of a refused key after the retry with another one.
    const breaking = circuitBreakingLookup(rateLimitedLookup(counted, budgets), this.#breakers);
    const retrying = retryingLookup(patientLookup(breaking, this.#patient, clock), clock);
    const cooling = cooldownLookup(retrying, this.#deniedKey);
    const troubles = new Troubles({ clock, logger }, { workspaceId });
    const watched = watchedLookup(cooling, lookupTroubles(troubles, workspaceId, watch));
    const lookup = fleet === undefined ? watched : fleetLookup(watched, fleet, clock);
    this.#contactIds = new ContactIdCache({ lookup, cache: this.#remember(100_000), clock });
    this.channels = new ChannelCache({ lookup, cache: memoryCache({ max: 10_000 }), clock });
    this.conversations = new ConversationCache({ lookup, cache: this.#remember(10_000), clock });
    this.identifiers = new ContactIdentifiers({ lookup, contactIds: this.#contactIds });
    this.windows = new WindowCache({
      lookup,
      contactIds: this.#contactIds,
      links,
      otherSpelling,
      store: { ...store, merge: (key, evidence) => (this.#isRemoved ? undefined : store.merge(key, evidence)) },
      missingContacts: this.#remember(10_000),
      clock,
      now: this.now,
    });
  }

  get id(): string {
    return this.#options.id;
  }

  /** Nothing is decided on any channel. */
  get isOff(): boolean {
    return this.policies.every(({ mode }) => mode === 'off');
  }

  get signingKeys(): readonly string[] {
    return this.#options.signingKeys;
  }

  /**
   * Sends one message by Bird's API.
   *
   * @throws {LookupError} where another attempt may succeed
   */
  post(message: MessageToPost, timeoutMs: number): Promise<'accepted' | 'rejected'> {
    return postMessage(this.#api, message, timeoutMs);
  }

  /** The policies that are in force on one channel or another. */
  get policies(): readonly Policy[] {
    return [this.#options.policy, ...this.#options.channels.values()];
  }

  /** What may keep the workspace's sends from being decided. */
  get health(): WorkspaceHealth {
    const { reads, searches } = this.#breakers;
    return {
      workspaceId: this.id,
      mode: this.#options.policy.mode,
      readsLeft: this.#reads.left,
      isBreakerOpen: reads.isOpen || searches.isOpen,
      isAccessDenied: this.#deniedKey.isActiveForAny,
    };
  }

  policyFor(channelId: string | undefined): Policy {
    const { channels, policy } = this.#options;
    return (channelId === undefined ? undefined : channels.get(channelId)) ?? policy;
  }

  /** Whether the budget would refuse a read for a channel. */
  refusesRead(channelId: string, giveUpAt: number): boolean {
    return this.#reads.refuses(giveUpAt, channelId);
  }

  /** In whose options the policy for a channel stands. */
  ownerOfPolicy(channelId: string | undefined): PolicyOwner {
    const isOwn = channelId !== undefined && this.#options.channels.has(channelId);
    return { workspaceId: this.id, channelId: isOwn ? channelId : undefined };
  }

  /** Whether new options still ask the same place, so that all that is known goes on. */
  isSamePlace({ baseUrl }: ResolvedWorkspace): boolean {
    return this.#options.baseUrl === baseUrl;
  }

  /** Drops what is remembered of one channel, or of all, besides windows. */
  forget(channelId: string | undefined): void {
    this.channels.forget(channelId);
    if (channelId !== undefined) return;
    for (const memory of this.#contactFacts) memory.clear();
  }

  /** Drops the contact id that was found for an identifier. */
  forgetContact(identifier: IdentifierRef): void {
    this.#contactIds.drop(identifier);
  }

  /** What is still being read is not remembered: the workspace has been forgotten. */
  remove(): void {
    this.#isRemoved = true;
    this.close();
  }

  /** Ends the wait of the reads that give way to others. */
  close(): void {
    this.#patient.reads.close();
    this.#patient.searches.close();
  }

  #remember<V extends object>(max: number): Cache<V> {
    const cache = memoryCache<V>({ max });
    this.#contactFacts.push(cache);
    return cache;
  }

  async #accessKey({ reportError }: GuardParts): Promise<string> {
    try {
      return await this.#options.accessKey();
    } catch (error) {
      reportError({ source: 'hook', hook: 'accessKey', workspaceId: this.id, error });
      throw error;
    }
  }

  /** New policies and keys hold from the next decision and the next read on. */
  renew(options: ResolvedWorkspace): this {
    if (this.#options.accessKey !== options.accessKey) this.#deniedKey.clear();
    this.#reads.limit({ perSecond: options.lookupsPerSecond, burst: options.lookupBurst });
    this.#options = options;
    return this;
  }
}
