import { heartbeatScript, reserveScript } from '../../../src/redis/fleet/read-budget-scripts.js';
import { finishScript, joinScript } from '../../../src/redis/fleet/read-lease-scripts.js';
import { script } from '../../../src/redis/script.js';
import { forgetManyScript, forgetWindowScript, mergeScript } from '../../../src/redis/windows/scripts.js';
import { heartbeat, type Member } from './members.js';
import { finishLease, joinLease, reserveRead } from './read-leases.js';
import type { Server } from './server.js';
import { forgetMany, forgetWindow, mergeWindow, readWindow } from './windows.js';

/** What a command meets when it takes effect. */
export interface CommandContext {
  /** True time, which is the server's. */
  readonly now: number;
  /** For how long the process has skipped heartbeats. Its idea of the server's time leaves that out. */
  readonly skippedMs: number;
  readonly renewedUntil: Member['renewedUntil'];
  /** Called with the key of a window, or of a tombstone. */
  readonly onForgotten: (key: string) => void;
}

export interface ScriptCall extends CommandContext {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** What each script of the store does on the server, in one step. */
const models: ReadonlyMap<string, (server: Server, call: ScriptCall) => unknown> = new Map([
  [heartbeatScript.sha, heartbeat],
  [reserveScript.sha, reserveRead],
  [joinScript.sha, joinLease],
  [finishScript.sha, finishLease],
  [mergeScript.sha, mergeWindow],
  [forgetWindowScript.sha, forgetWindow],
  [forgetManyScript.sha, forgetMany],
]);

/** Answers what the store sends to Redis. An error is a reply, too. */
export function runCommand(server: Server, command: readonly string[], context: CommandContext): unknown {
  const [name, ...rest] = command;
  if (name === 'MGET') return readWindow(server, rest);
  const [text = '', count, ...keysAndArgs] = rest;
  if (name === 'EVAL') server.scripts.add(script(text).sha);
  else if (name !== 'EVALSHA') throw new Error(`The simulated server does not know ${name}`);
  const sha = name === 'EVAL' ? script(text).sha : text;
  const model = models.get(sha);
  if (model === undefined) throw new Error('The simulated server does not know this script');
  if (!server.scripts.has(sha)) return new Error('NOSCRIPT No matching script');
  const keys = keysAndArgs.slice(0, Number(count));
  return model(server, { ...context, keys, args: keysAndArgs.slice(keys.length) });
}

/** The name of the member that a command renews. */
export function memberOf([name, text, count, ...keysAndArgs]: readonly string[]): string | undefined {
  const renews = name === 'EVALSHA' && (text === heartbeatScript.sha || text === reserveScript.sha);
  return renews ? keysAndArgs[Number(count)] : undefined;
}

/** Whether a command asks for a read. */
export function isMemberRead([, text]: readonly string[]): boolean {
  return text === reserveScript.sha || text === reserveScript.text;
}
