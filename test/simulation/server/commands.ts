import { heartbeatScript, reserveScript } from '../../../src/redis/fleet/read-budget-scripts.js';
import { finishScript, joinScript } from '../../../src/redis/fleet/read-lease-scripts.js';
import type { RedisScript } from '../../../src/redis/script.js';
import { forgetManyScript, forgetWindowScript, mergeScript } from '../../../src/redis/windows/scripts.js';
import { finishRead, joinRead } from './read-leases.js';
import { beat, reserve } from './read-limit.js';
import type { Server, Subscriber } from './server.js';
import { forgetMany, forgetWindow, getAll, mergeWindow } from './windows.js';

export interface ScriptCall {
  readonly server: Server;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** By the clock of the server, which is right. */
  readonly now: number;
  readonly writer: Subscriber | undefined;
}

interface SimulatedScript {
  readonly script: RedisScript;
  /** In what is counted. */
  readonly name: string;
  readonly run: (call: ScriptCall) => unknown;
}

/** What each of the store's scripts does, each in one step. */
const scripts: readonly SimulatedScript[] = [
  { script: mergeScript, name: 'merge', run: mergeWindow },
  { script: forgetWindowScript, name: 'forget', run: forgetWindow },
  { script: forgetManyScript, name: 'forget', run: forgetMany },
  { script: heartbeatScript, name: 'heartbeat', run: beat },
  { script: reserveScript, name: 'reserve', run: reserve },
  { script: joinScript, name: 'lease', run: joinRead },
  { script: finishScript, name: 'finish', run: finishRead },
];
const bySha = new Map(scripts.map((one) => [one.script.sha, one]));
const byText = new Map(scripts.map((one) => [one.script.text, one]));

/** The server answers with an error. */
export class ErrorReply extends Error {}

/** A command as a connection sends it. */
export interface Command {
  readonly args: readonly string[];
  /** Who sends it, and is notified from now on where it asks for that. */
  readonly sender: Subscriber | undefined;
}

/** What the server answers to a command. @throws {ErrorReply} */
export function answer(server: Server, { args, sender }: Command, now: number): unknown {
  const [name, first = ''] = args;
  if (name === 'PING') return 'PONG';
  if (name === 'MGET') return getAll(server, args.slice(1), now);
  if (name === 'CLIENT' && first === 'TRACKING' && sender !== undefined) {
    if (args[2] === 'ON') server.subscribers.add(sender);
    else server.subscribers.delete(sender);
    return 'OK';
  }
  const script = scriptOf(args);
  if (script === undefined) throw new RangeError(`not simulated: ${args.slice(0, 2).join(' ')}`);
  const { sha } = script.script;
  if (name === 'EVAL') server.scripts.add(sha);
  else if (!server.scripts.has(sha)) throw new ErrorReply('NOSCRIPT No matching script. Please use EVAL.');
  return script.run({ server, ...partsOf(args), now, writer: sender });
}

/** The script that a command runs. */
export function scriptOf([command, script = '']: readonly string[]): SimulatedScript | undefined {
  if (command === 'EVALSHA') return bySha.get(script);
  return command === 'EVAL' ? byText.get(script) : undefined;
}

export function partsOf(args: readonly string[]): {
  readonly keys: readonly string[];
  readonly args: readonly string[];
} {
  const keysEnd = 3 + Number(args[2]);
  return { keys: args.slice(3, keysEnd), args: args.slice(keysEnd) };
}
