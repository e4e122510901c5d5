import type { SandboxOptions } from 'freeform-guard/sandbox';
import { runCommand } from '../../src/cli/command.js';
import { type DiagnoseOptions, diagnose } from '../../src/cli/doctor/diagnose.js';
import type { Diagnosis } from '../../src/cli/doctor/diagnosis.js';
import { plain, type Shell } from '../../src/cli/shell.js';
import { recordLetOut } from '../support/canary.js';
import { createWorld, type World } from '../support/world.js';

/** What a run of the command printed, and its exit status. */
export interface Run {
  readonly status: number;
  readonly out: string;
  readonly error: string;
  /** The last line of the report. */
  readonly lastLine: string | undefined;
}

/** A sandbox, and a doctor beside it who shares its clock. */
export interface Practice extends World {
  /** The diagnosis; without the contact where `contactId` is `undefined`. */
  diagnose(change?: Partial<DiagnoseOptions>): Promise<Diagnosis>;
  /** The whole command, with the contact; `args` come after the ids. */
  run(args?: readonly string[], change?: Partial<Shell>): Promise<Run>;
  /** `--workspace` and `--channel` with the world's ids, and `--base-url` with the sandbox's. */
  readonly args: readonly string[];
}

export async function createPractice(sandbox: SandboxOptions = {}, platformId = 'whatsapp'): Promise<Practice> {
  const world = await createWorld({ sandbox, platformId });
  const { workspace, channel, contact, sandbox: bird } = world;
  const accessKey = workspace.accessKey;
  const args = ['doctor', '--workspace', workspace.id, '--channel', channel.id, '--base-url', bird.url];
  return {
    ...world,
    args,
    diagnose: async (change) => {
      const ids = { workspaceId: workspace.id, channelId: channel.id, contactId: contact.id };
      const options = { ...ids, accessKey, baseUrl: bird.url, fetch, clock: bird.clock, ...change };
      const diagnosis = await diagnose(options);
      recordLetOut('diagnosis', diagnosis);
      return diagnosis;
    },
    run: (more = ['--contact', contact.id], change = {}) => {
      const env = { BIRD_ACCESS_KEY: accessKey };
      return runWith({ args: [...args, ...more], env, fetch, clock: bird.clock, ...change });
    },
  };
}

/** Runs the command and keeps what it prints. */
export async function runWith(shell: Pick<Shell, 'args' | 'env' | 'fetch' | 'clock'> & Partial<Shell>): Promise<Run> {
  let out = '';
  let error = '';
  const status = await runCommand({
    style: plain,
    drawProgress: undefined,
    pageScript: () => '',
    ...shell,
    writeOut: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
  });
  recordLetOut('output', [out, error]);
  return { status, out, error, lastLine: out.trimEnd().split('\n').at(-1) };
}

/** The requests that reached the sandbox. */
export function requestsOf({ sandbox }: World): string[] {
  return sandbox.requests().map(({ method, kind }) => `${method} ${kind}`);
}
