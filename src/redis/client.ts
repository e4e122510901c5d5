/**
 * What the store uses of a client of node-redis 5 or 6 (`createClient()` of the package `redis`): only its settings. The
 * store opens a connection of its own with them, so the client itself may stay unconnected.
 */
export interface RedisClient {
  /** The settings that the client was created with. */
  readonly options?:
    | {
        /** How it connects: host, port, TLS and so on. */
        readonly socket?: object | undefined;
      }
    | undefined;
  /** Makes another connection with the same settings, but for these. */
  duplicate(overrides: RedisOverrides): RedisConnection;
  /** Tells when the client has been closed for good; the store then closes its own connection. */
  on(event: 'end', listener: () => void): unknown;
}

/** How the store's own connection differs from the client's settings. */
export interface RedisOverrides {
  readonly RESP: 3;
  readonly emitInvalidate: true;
  readonly disableOfflineQueue: true;
  readonly maintNotifications: 'disabled';
  readonly pingInterval: 0;
  readonly disableClientInfo: true;
  readonly commandOptions: { readonly timeout: 0 };
  readonly socket: object;
}

/** The store's own connection. */
export interface RedisConnection {
  connect(): Promise<unknown>;
  sendCommand(args: readonly string[]): Promise<unknown>;
  on(event: 'error' | 'invalidate', listener: (value: unknown) => void): unknown;
  unref(): void;
  destroy(): void;
}
