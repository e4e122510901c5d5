import { createServer, connect as open, type Socket } from 'node:net';

/** What happens to what goes through. A black hole takes everything and lets nothing out; it does not hang up. */
export type ProxyMode = 'pass' | 'black hole' | { readonly delayMs: number };

/** A TCP proxy on 127.0.0.1 that a test can make slow, or a black hole. */
export interface TcpProxy {
  readonly port: number;
  set(mode: ProxyMode): void;
  close(): Promise<void>;
}

export async function startProxy(target: number): Promise<TcpProxy> {
  let mode: ProxyMode = 'pass';
  const sockets = new Set<Socket>();
  const forward = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => {
      if (mode === 'black hole') return;
      if (mode === 'pass') return void to.write(chunk);
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
    forward(inner, outer);
    forward(outer, inner);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return {
    port: address.port,
    set: (changed) => {
      mode = changed;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
