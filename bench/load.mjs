/** Load from a process of its own, so that a server has a core for itself. */
import { startProcess } from './child-process.mjs';

export function startLoad() {
  const { ask, stop } = startProcess('load.mjs');
  return {
    /** Posts so many sends, and returns the milliseconds it took. Rejects if one was not accepted. */
    async send(port, count) {
      const { elapsedMs } = await ask({ port, count });
      return elapsedMs;
    },
    stop,
  };
}
