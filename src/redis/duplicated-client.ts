import type { DuplicatedClient, RedisClient, RedisOverrides } from './client.js';

export const CONNECT_TIMEOUT_MS = 1_000;

/** Duplicates the user's client, with the settings that the store needs. */
export function duplicateClient(client: RedisClient): DuplicatedClient {
  const overrides: RedisOverrides & { readonly clientSideCache: undefined } = {
    RESP: 3,
    emitInvalidate: true,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    clientSideCache: undefined,
    pingInterval: 0,
    // Servers before 7.2 do not know the command, and the store's ACL user may not run it.
    disableClientInfo: true,
    // The client's own timer covers only unsent commands, and costs time with each command.
    commandOptions: { timeout: 0 },
    socket: { ...client.options?.socket, connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
  };
  return client.duplicate(overrides);
}

/** Connects, and subscribes to changes of all keys with this prefix, whoever writes them. */
export async function connectWithTracking(client: DuplicatedClient, prefix: string): Promise<void> {
  await client.connect();
  // The client has turned tracking on for the keys that it reads. Redis allows one mode at a time.
  await client.sendCommand(['CLIENT', 'TRACKING', 'OFF']);
  await client.sendCommand(['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', prefix]);
}
