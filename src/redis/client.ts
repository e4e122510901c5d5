/**
 * The part of a node-redis client (version 5 or 6, `createClient()`) that the store uses. The store opens its own
 * connection with the client's settings, so the client may stay unconnected.
 */
export interface RedisClient {
  /** The settings that the client was created with. */
  readonly options?:
    | {
        /** How it connects: host, port, TLS and so on. */
        readonly socket?: object | undefined;
      }
    | undefined;
  /** Creates another connection with the same settings, except for `overrides`. */
  duplicate(overrides: RedisOverrides): DuplicatedClient;
  /** Registers a listener for the end of the client; the store then closes its own connection. */
  on(event: 'end', listener: () => void): unknown;
  /** Removes that listener, when the store is closed before the client. */
  off?(event: 'end', listener: () => void): unknown;
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
export interface DuplicatedClient {
  connect(): Promise<unknown>;
  sendCommand(args: readonly string[]): Promise<unknown>;
  on(event: 'error' | 'invalidate', listener: (value: unknown) => void): unknown;
  unref(): void;
  destroy(): void;
}
