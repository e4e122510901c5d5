import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type HeldMessage, type HeldStore, memoryHeldStore, type WindowKey } from 'freeform-guard';

type Entry =
  | { readonly add: HeldMessage }
  | { readonly remove: HeldMessage }
  | { readonly pause: WindowKey }
  | { readonly resume: WindowKey }
  | { readonly nudge: WindowKey }
  | { readonly endNudge: WindowKey };

/**
 * Held messages in a file, for one process: each change is a line at its end, written before the call returns, so that
 * nothing is lost when the process is killed. Against a power cut it would take an fsync per line; for several processes,
 * a database.
 */
export function fileHeldStore(path: string): HeldStore {
  const memory = memoryHeldStore({ max: 1_000_000 });
  replay(path, memory);
  compact(path);
  const note = (entry: Entry): void => appendFileSync(path, `${JSON.stringify(entry)}\n`);
  return {
    ...memory,
    add(message, maxPerWindow) {
      const added = memory.add(message, maxPerWindow);
      if (added === 'added') note({ add: message });
      return added;
    },
    remove(message) {
      note({ remove: message });
      return memory.remove(message);
    },
    claimNudge(key) {
      const isFirst = memory.claimNudge(key);
      if (isFirst === true) note({ nudge: key });
      return isFirst;
    },
    endNudge(key) {
      note({ endNudge: key });
      return memory.endNudge(key);
    },
    pause(key) {
      note({ pause: key });
      return memory.pause?.(key);
    },
    resume(key) {
      note({ resume: key });
      return memory.resume?.(key);
    },
  };
}

function replay(path: string, memory: HeldStore): void {
  if (!existsSync(path)) return;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const entry = parse(line);
    if (entry === undefined) continue;
    if ('add' in entry) void memory.add(entry.add, Number.POSITIVE_INFINITY);
    else if ('remove' in entry) void memory.remove(entry.remove);
    else if ('pause' in entry) void memory.pause?.(entry.pause);
    else if ('resume' in entry) void memory.resume?.(entry.resume);
    else if ('nudge' in entry) void memory.claimNudge(entry.nudge);
    else void memory.endNudge(entry.endNudge);
  }
}

/** The last line may have been cut off by what ended the process: that change was never confirmed to anybody. */
function parse(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}

/** Leaves out what was removed. */
function compact(path: string): void {
  if (!existsSync(path)) return;
  const entries = readFileSync(path, 'utf8').split('\n').map(parse);
  const waiting = new Set<string>();
  for (const entry of entries) {
    if (entry !== undefined && 'add' in entry) waiting.add(entry.add.id);
    if (entry !== undefined && 'remove' in entry) waiting.delete(entry.remove.id);
  }
  const kept = entries.filter((entry) => entry !== undefined && (!('add' in entry) || waiting.has(entry.add.id)));
  const lines = kept
    .filter((entry) => entry !== undefined && !('remove' in entry))
    .map((entry) => JSON.stringify(entry));
  // Another file first: whatever ends the process meanwhile, one of the two is whole.
  writeFileSync(`${path}.new`, lines.map((line) => `${line}\n`).join(''));
  renameSync(`${path}.new`, path);
}
