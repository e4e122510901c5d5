import type { DuplicatedClient, RedisClient, RedisOverrides } from './client.js';

/** Of the patience. What takes longer is no failure, but nothing that a decision should wait for more than once. */
const RESPONSIVE_SHARE = 3 / 8;
/** So often Redis has to show that it is there. */
const HEARTBEAT_MS = 250;
const CONNECT_MS = 1_000;
const RECONNECT_MS = 250;

/** Redis cannot be asked now, did not answer in time, or refused. Holds nothing of what was asked. */
export class RedisUnavailable extends Error {
  constructor() {
    super('Redis is away');
    this.name = 'RedisUnavailable';
  }
}

export interface RedisConnectionOptions {
  readonly client: RedisClient;
  /** Changes of keys that begin with it are told. */
  readonly notificationPrefix: string;
  /** How long an answer may take. */
  readonly timeoutMs: number;
}

/** What happens to the link; each may be set once. */
export interface ConnectionListener {
  /** Redis is there, again: what was changed before may not have been told. */
  onReady(): void;
  /** A key was changed by somebody; `undefined`: any may have been. */
  onNotification(name: string | undefined): void;
  /** A beat was answered. */
  onHeartbeat(): void;
}

/**
 * A connection to Redis that is never waited for long: it does not queue, gives up soon, and comes back by itself. Real
 * time counts here, whatever a guard's clock shows.
 */
export class RedisConnection {
  /** Settles when the first attempt to connect is over, whatever came of it. */
  readonly tried: Promise<void>;
  readonly #options: RedisConnectionOptions;
  readonly #events: ConnectionListener[] = [];
  #connection: DuplicatedClient | undefined;
  #isTracking = false;
  #isReady = false;
  #isResponsive = false;
  #isClosed = false;
  #beat: NodeJS.Timeout | undefined;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    options.client.on('end', () => this.close());
    this.tried = this.#open();
  }

  /** Whether Redis may be asked, and tells what others change. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether it answers so soon that a decision may wait for it again. */
  get isResponsive(): boolean {
    return this.#isReady && this.#isResponsive;
  }

  listen(events: ConnectionListener): void {
    this.#events.push(events);
  }

  /** @throws {RedisUnavailable} at once while Redis is away; what Redis itself refuses with, as it came */
  ask(args: readonly string[], timeoutMs: number = this.#options.timeoutMs): Promise<unknown> {
    const connection = this.#connection;
    if (!this.#isReady || connection === undefined) return Promise.reject(new RedisUnavailable());
    return this.#send(connection, args, timeoutMs);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#beat);
    this.#drop(this.#connection);
  }

  async #open(): Promise<void> {
    const { client, notificationPrefix } = this.#options;
    const overrides: RedisOverrides & { readonly clientSideCache: undefined } = {
      RESP: 3,
      emitInvalidate: true,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      clientSideCache: undefined,
      pingInterval: 0,
      // What a server of before 7.2 does not know, and a user of its own may not do.
      disableClientInfo: true,
      // Its timer would only watch what was not yet written, at a price for each command.
      commandOptions: { timeout: 0 },
      socket: { ...client.options?.socket, connectTimeout: CONNECT_MS, reconnectStrategy: false },
    };
    const connection = client.duplicate(overrides);
    this.#connection = connection;
    connection.on('error', () => this.#drop(connection));
    connection.on('invalidate', (key) => this.#tell(key === null ? undefined : String(key)));
    connection.unref();
    const giveUp = setTimeout(() => this.#drop(connection), CONNECT_MS).unref();
    try {
      await connection.connect();
      // Turned on by the client for keys that it reads; told must be what others write.
      await connection.sendCommand(['CLIENT', 'TRACKING', 'OFF']);
      await connection.sendCommand(['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', notificationPrefix]);
      if (this.#connection === connection) this.#begin();
    } catch {
      this.#drop(connection);
    } finally {
      clearTimeout(giveUp);
    }
  }

  #begin(): void {
    this.#isTracking = true;
    this.#isResponsive = true;
    this.#beat = setInterval(() => void this.#check(), HEARTBEAT_MS).unref();
    this.#back();
  }

  #back(): void {
    this.#isReady = true;
    for (const events of this.#events) events.onReady();
  }

  #tell(name: string | undefined): void {
    if (this.#isTracking) for (const events of this.#events) events.onNotification(name);
  }

  /** Lets go of a connection that is of no use any more, and tries another soon. */
  #drop(connection: DuplicatedClient | undefined): void {
    if (connection === undefined || connection !== this.#connection) return;
    this.#connection = undefined;
    this.#isTracking = false;
    this.#isReady = false;
    clearInterval(this.#beat);
    connection.destroy();
    if (!this.#isClosed) setTimeout(() => this.#isClosed || void this.#open(), RECONNECT_MS).unref();
  }

  /**
   * A connection that has missed an answer gets one more chance. If an answer was lost on the way, every later one would
   * be taken for the one before it: then not even the beat's comes in time, and the connection must not live on.
   */
  async #check(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    const wasWell = this.#isReady;
    const isInTime = await this.#send(connection, ['PING'], this.#options.timeoutMs).then(
      (reply) => reply === 'PONG',
      () => false,
    );
    if (this.#connection !== connection) return;
    if (!isInTime && !wasWell) return this.#drop(connection);
    if (!isInTime) return;
    if (!wasWell) this.#back();
    for (const events of this.#events) events.onHeartbeat();
  }

  #send(connection: DuplicatedClient, args: readonly string[], timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const stopWaiting = afterReading(timeoutMs, () => {
        if (this.#connection === connection) this.#isReady = false;
        reject(new RedisUnavailable());
      });
      const stopHoping = afterReading(RESPONSIVE_SHARE * this.#options.timeoutMs, () => {
        isLate = true;
        this.#isResponsive = false;
      });
      const heard = (): void => {
        stopWaiting();
        stopHoping();
        if (!isLate) this.#isResponsive = true;
      };
      connection.sendCommand(args).then(
        (reply) => {
          heard();
          resolve(reply);
        },
        (error: unknown) => {
          heard();
          if (isElsewhere(error)) this.#drop(connection);
          reject(error);
        },
      );
    });
  }
}

/** Another server has taken over, or this one is not ready: a new connection may find one that is. */
function isElsewhere(error: unknown): boolean {
  return error instanceof Error && /^(READONLY|LOADING|MASTERDOWN)\b/.test(error.message);
}

/**
 * Calls `late` after so many ms, unless stopped. After a stall of the event loop timers come before what has arrived
 * meanwhile is read: that is read first.
 */
function afterReading(ms: number, late: () => void): () => void {
  let afterwards: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    afterwards = setImmediate(late);
  }, ms).unref();
  return () => {
    clearTimeout(timer);
    clearImmediate(afterwards);
  };
}
