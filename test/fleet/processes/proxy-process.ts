// Stands between one guard process and Redis, in a process of its own: what passes here is too much for the one that
// counts the reads.
import { type ProxyMode, startProxy } from '../../support/tcp-proxy.js';

const proxy = await startProxy(Number(process.env.REDIS_PORT));
process.on('message', (mode: ProxyMode) => proxy.set(mode));
process.on('disconnect', () => process.exit());
process.send?.(proxy.port);
