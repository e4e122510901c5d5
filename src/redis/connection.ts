import type { Clock } from '../ports.js';
import type { DuplicatedClient, RedisClient } from './client.js';
import { CONNECT_TIMEOUT_MS, connectWithTracking, duplicateClient } from './duplicated-client.js';
import { startReplyTimer } from './reply-timer.js';

/** The share of the timeout within which a reply is fast. A slower one has not failed, but decisions stop waiting. */
export const RESPONSIVE_SHARE: number = 3 / 8;
export const HEARTBEAT_MS = 250;
const RECONNECT_MS = 250;

/** Redis is not connected, or did not reply in time. The error holds nothing of the command. */
export class RedisUnavailable extends Error {
  constructor() {
    super('Redis is unavailable');
    this.name = 'RedisUnavailable';
  }
}

/**
 * `access_denied`: a wrong user or password, or no right to a command. `no_answer`: connected, but too slow.
 * `not_ready`: Redis is loading, or is a replica.
 */
export type ConnectionProblem = 'connecting' | 'no_connection' | 'access_denied' | 'no_answer' | 'not_ready' | 'closed';

export interface RedisConnectionOptions {
  readonly client: RedisClient;
  /** Listeners are notified when a key with this prefix changes. */
  readonly notificationPrefix: string;
  /** How long a reply may take. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface ConnectionListener {
  /** Redis is available, for the first time or again. Notifications before this may have been missed. */
  onReady(): void;
  /** Somebody changed a key; `undefined`: any key may have changed. */
  onNotification(key: string | undefined): void;
  /** A heartbeat was answered. */
  onHeartbeat(): void;
}

/** A connection to Redis on which nobody waits for long. It queues nothing, times out early and reconnects by itself. */
export class RedisConnection {
  /** Settles when the first attempt to connect has ended, successful or not. */
  readonly firstAttempt: Promise<void>;
  readonly #options: RedisConnectionOptions;
  readonly #listeners: ConnectionListener[] = [];
  #client: DuplicatedClient | undefined;
  #isTracking = false;
  #isReady = false;
  #isFast = false;
  #isClosed = false;
  /** Why Redis is unavailable, while it is. */
  #problem: ConnectionProblem = 'connecting';
  readonly #onClientEnd = (): void => this.close();

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    options.client.on('end', this.#onClientEnd);
    this.firstAttempt = this.#open();
  }

  /** Whether Redis accepts commands and sends notifications. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether Redis replies fast enough for a decision to wait for it. */
  get isResponsive(): boolean {
    return this.#isReady && this.#isFast;
  }

  /** Why commands are refused; `undefined`: they are not. */
  get problem(): ConnectionProblem | undefined {
    return this.#isReady ? undefined : this.#problem;
  }

  listen(listener: ConnectionListener): void {
    this.#listeners.push(listener);
  }

  /** @throws {RedisUnavailable} at once while Redis is unavailable; an error reply of Redis as it is */
  send(args: readonly string[], timeoutMs: number = this.#options.timeoutMs): Promise<unknown> {
    const client = this.#client;
    if (!this.#isReady || client === undefined) return Promise.reject(new RedisUnavailable());
    return this.#sendOn(client, args, timeoutMs);
  }

  close(): void {
    this.#isClosed = true;
    // The client may outlive this store, and many more.
    this.#options.client.off?.('end', this.#onClientEnd);
    this.#discard(this.#client, 'closed');
  }

  async #open(): Promise<void> {
    const { clock, notificationPrefix } = this.#options;
    const client = duplicateClient(this.#options.client);
    this.#client = client;
    client.on('error', (error) => this.#discard(client, problemOf(error)));
    client.on('invalidate', (key) => this.#notify(key === null ? undefined : String(key)));
    client.unref();
    const timer = clock.setTimeout(() => this.#discard(client, 'no_connection'), CONNECT_TIMEOUT_MS);
    try {
      await connectWithTracking(client, notificationPrefix);
      if (this.#client === client) this.#start(client);
    } catch (error) {
      this.#discard(client, problemOf(error));
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #start(client: DuplicatedClient): void {
    this.#isTracking = true;
    this.#isFast = true;
    this.#planHeartbeat(client);
    this.#becomeReady();
  }

  #planHeartbeat(client: DuplicatedClient): void {
    this.#options.clock.setTimeout(() => {
      if (this.#client !== client) return;
      this.#planHeartbeat(client);
      void this.#checkHeartbeat(client);
    }, HEARTBEAT_MS);
  }

  #becomeReady(): void {
    this.#isReady = true;
    for (const listener of this.#listeners) listener.onReady();
  }

  #notify(key: string | undefined): void {
    if (this.#isTracking) for (const listener of this.#listeners) listener.onNotification(key);
  }

  /** Destroys a client that is of no more use, and opens another one soon. */
  #discard(client: DuplicatedClient | undefined, problem: ConnectionProblem): void {
    if (client === undefined || client !== this.#client) return;
    this.#problem = problem;
    this.#client = undefined;
    this.#isTracking = false;
    this.#isReady = false;
    const { clock } = this.#options;
    client.destroy();
    if (!this.#isClosed) clock.setTimeout(() => this.#isClosed || void this.#open(), RECONNECT_MS);
  }

  /**
   * A client that missed one reply gets one more chance. If a reply was lost on the way, each later reply would be
   * taken for the one before it. Then the heartbeat's reply is wrong or late, too, and the client is discarded.
   */
  async #checkHeartbeat(client: DuplicatedClient): Promise<void> {
    const wasReady = this.#isReady;
    const isAlive = await this.#sendOn(client, ['PING'], this.#options.timeoutMs).then(
      (reply) => reply === 'PONG',
      () => false,
    );
    if (this.#client !== client) return;
    if (!isAlive && !wasReady) return this.#discard(client, 'no_answer');
    if (!isAlive) return;
    if (!wasReady) this.#becomeReady();
    for (const listener of this.#listeners) listener.onHeartbeat();
  }

  #loseReadiness(): void {
    this.#isReady = false;
    this.#problem = 'no_answer';
  }

  #sendOn(client: DuplicatedClient, args: readonly string[], timeoutMs: number): Promise<unknown> {
    const { clock, timeoutMs: usualMs } = this.#options;
    return new Promise((resolve, reject) => {
      let isSlow = false;
      const stopTimeout = startReplyTimer(clock, timeoutMs, () => {
        if (this.#client === client) this.#loseReadiness();
        reject(new RedisUnavailable());
      });
      const stopSlow = startReplyTimer(clock, RESPONSIVE_SHARE * usualMs, () => {
        isSlow = true;
        this.#isFast = false;
      });
      const onReply = (): void => {
        stopTimeout();
        stopSlow();
        if (!isSlow) this.#isFast = true;
      };
      client.sendCommand(args).then(
        (reply) => {
          onReply();
          resolve(reply);
        },
        (error: unknown) => {
          onReply();
          if (isWrongServer(error)) this.#discard(client, 'not_ready');
          reject(error);
        },
      );
    });
  }
}

/** Why Redis is unavailable, from an error of the client, which may hold a secret. */
function problemOf(error: unknown): ConnectionProblem {
  if (isWrongServer(error)) return 'not_ready';
  const isRefused = error instanceof Error && /^(?:WRONGPASS|NOAUTH|NOPERM|ERR .*AUTH)\b/.test(error.message);
  return isRefused ? 'access_denied' : 'no_connection';
}

/** Whether another server has taken over, or this one is still loading. A new connection may find the right one. */
function isWrongServer(error: unknown): boolean {
  return error instanceof Error && /^(READONLY|LOADING|MASTERDOWN)\b/.test(error.message);
}
