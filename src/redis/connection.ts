import type { RedisClient, RedisConnection, RedisOverrides } from './client.js';

/** Of the patience. What takes longer is no failure, but nothing that a decision should wait for more than once. */
const QUICK_SHARE = 3 / 8;
/** So often Redis has to show that it is there. */
const BEAT_MS = 250;
const CONNECT_MS = 1_000;
const RECONNECT_MS = 250;

/** Redis cannot be asked now, did not answer in time, or refused. Holds nothing of what was asked. */
export class RedisAway extends Error {
  constructor() {
    super('Redis is away');
    this.name = 'RedisAway';
  }
}

export interface RedisLinkOptions {
  readonly client: RedisClient;
  /** Changes of keys that begin with it are told. */
  readonly toldPrefix: string;
  /** How long an answer may take. */
  readonly patienceMs: number;
}

/** What happens to the link; each may be set once. */
export interface LinkEvents {
  /** Redis is there, again: what was changed before may not have been told. */
  onBack(): void;
  /** A key was changed by somebody; `undefined`: any may have been. */
  onTold(name: string | undefined): void;
  /** A beat was answered. */
  onBeat(): void;
}

/**
 * A connection to Redis that is never waited for long: it does not queue, gives up soon, and comes back by itself. Real
 * time counts here, whatever a guard's clock shows.
 */
export class RedisLink {
  /** Settles when the first attempt to connect is over, whatever came of it. */
  readonly tried: Promise<void>;
  readonly #options: RedisLinkOptions;
  readonly #events: LinkEvents[] = [];
  #connection: RedisConnection | undefined;
  #isTracking = false;
  #isWell = false;
  #isQuick = false;
  #isClosed = false;
  #beat: NodeJS.Timeout | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    options.client.on('end', () => this.close());
    this.tried = this.#open();
  }

  /** Whether Redis may be asked, and tells what others change. */
  get isWell(): boolean {
    return this.#isWell;
  }

  /** Whether it answers so soon that a decision may wait for it again. */
  get isQuick(): boolean {
    return this.#isWell && this.#isQuick;
  }

  listen(events: LinkEvents): void {
    this.#events.push(events);
  }

  /** @throws {RedisAway} at once while Redis is away; what Redis itself refuses with, as it came */
  ask(args: readonly string[], patienceMs: number = this.#options.patienceMs): Promise<unknown> {
    const connection = this.#connection;
    if (!this.#isWell || connection === undefined) return Promise.reject(new RedisAway());
    return this.#send(connection, args, patienceMs);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#beat);
    this.#drop(this.#connection);
  }

  async #open(): Promise<void> {
    const { client, toldPrefix } = this.#options;
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
      await connection.sendCommand(['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', toldPrefix]);
      if (this.#connection === connection) this.#begin();
    } catch {
      this.#drop(connection);
    } finally {
      clearTimeout(giveUp);
    }
  }

  #begin(): void {
    this.#isTracking = true;
    this.#isQuick = true;
    this.#beat = setInterval(() => void this.#check(), BEAT_MS).unref();
    this.#back();
  }

  #back(): void {
    this.#isWell = true;
    for (const events of this.#events) events.onBack();
  }

  #tell(name: string | undefined): void {
    if (this.#isTracking) for (const events of this.#events) events.onTold(name);
  }

  /** Lets go of a connection that is of no use any more, and tries another soon. */
  #drop(connection: RedisConnection | undefined): void {
    if (connection === undefined || connection !== this.#connection) return;
    this.#connection = undefined;
    this.#isTracking = false;
    this.#isWell = false;
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
    const wasWell = this.#isWell;
    const isInTime = await this.#send(connection, ['PING'], this.#options.patienceMs).then(
      (reply) => reply === 'PONG',
      () => false,
    );
    if (this.#connection !== connection) return;
    if (!isInTime && !wasWell) return this.#drop(connection);
    if (!isInTime) return;
    if (!wasWell) this.#back();
    for (const events of this.#events) events.onBeat();
  }

  #send(connection: RedisConnection, args: readonly string[], patienceMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const stopWaiting = afterReading(patienceMs, () => {
        if (this.#connection === connection) this.#isWell = false;
        reject(new RedisAway());
      });
      const stopHoping = afterReading(QUICK_SHARE * this.#options.patienceMs, () => {
        isLate = true;
        this.#isQuick = false;
      });
      const heard = (): void => {
        stopWaiting();
        stopHoping();
        if (!isLate) this.#isQuick = true;
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
