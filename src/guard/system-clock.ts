import type { Clock } from '../ports.js';

/** The system's time; its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, ms) => {
    const timer: NodeJS.Timeout | number = setTimeout(fn, ms);
    // Outside of Node, such as on Cloudflare Workers, a timer is a number.
    if (typeof timer === 'object') timer.unref();
    return timer;
  },
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  monotonic: () => performance.now(),
};
