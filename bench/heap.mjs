import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** The bytes that are still referenced, typed arrays included. */
export function heapUsed() {
  collectGarbage();
  // The first run finds out what the second one may free.
  collectGarbage();
  const { heapUsed: objects, external } = process.memoryUsage();
  return objects + external;
}
