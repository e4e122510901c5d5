import { createServer, connect as open, type Socket } from 'node:net';

/**
 * What happens to what goes through. A black hole takes everything and lets nothing out; it does not hang up. `deafAfter`:
 * from the first request on that holds this text, no answer comes back, though all requests go on getting there.
 */
export type ProxyMode = 'pass' | 'black hole' | { readonly delayMs: number } | { readonly deafAfter: string };

/** A TCP proxy on 127.0.0.1 that a test can make slow, or a black hole. */
export interface TcpProxy {
  readonly port: number;
  set(mode: ProxyMode): void;
  close(): Promise<void>;
}

export async function startProxy(target: number): Promise<TcpProxy> {
  let mode: ProxyMode = 'pass';
  let isDeaf = false;
  const sockets = new Set<Socket>();
  const forward = (from: Socket, to: Socket, isAnswer: boolean): void => {
    from.on('data', (chunk) => {
      if (mode === 'black hole' || (isDeaf && isAnswer)) return;
      if (mode === 'pass') return void to.write(chunk);
      if ('deafAfter' in mode) {
        isDeaf ||= !isAnswer && chunk.includes(mode.deafAfter);
        return void to.write(chunk);
      }
      setTimeout(() => to.writable && to.write(chunk), mode.delayMs);
    });
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  // Without a delay of its own.
  const server = createServer({ noDelay: true }, (inner) => {
    const outer = open({ host: '127.0.0.1', port: target, noDelay: true });
    for (const socket of [inner, outer]) sockets.add(socket);
    forward(inner, outer, false);
    forward(outer, inner, true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return {
    port: address.port,
    set: (changed) => {
      mode = changed;
      isDeaf = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
