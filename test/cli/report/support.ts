import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DecisionEvent } from 'freeform-guard';
import { onTestFinished } from 'vitest';
import type { Shell } from '../../../src/cli/shell.js';
import { type Run, runWith } from '../support.js';

export const WORKSPACE = '6f1b5e0c-7a55-4c3e-9a4e-2f0f5b0f3c11';
export const CHANNEL = '0a4de1aa-8a1d-4a37-9a0c-5a2f6a1a7d22';
/** A Friday, 9 o'clock. */
export const AT: number = Date.UTC(2026, 10, 27, 9);

/** A line of a decision log: a reply in an open window, unless something else is said. */
export function lineOf(change: Partial<Record<keyof DecisionEvent, unknown>> = {}): string {
  return JSON.stringify({
    ...{ at: AT, workspaceId: WORKSPACE, channelId: CHANNEL, platform: 'whatsapp' },
    ...{ verdict: 'allow', reason: 'service_window_open', action: 'send', mode: 'enforce', source: 'memory' },
    ...{ durationMs: 0.1, recipients: 1 },
    ...change,
  });
}

type Change = Partial<DecisionEvent>;

export const closed: Change = { verdict: 'deny', reason: 'service_window_closed', source: 'bird', action: 'block' };
export const observed: Change = { mode: 'observe', action: 'send', wouldBe: 'send' };
export const observedClosed: Change = { ...closed, ...observed, wouldBe: 'block' };

/** A folder of its own, and paths in it. */
export function newFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return (name) => join(folder, name);
}

export function writeLog(lines: readonly string[], path: string = newFolder()('decisions.jsonl')): string {
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

/** Runs `report`, an hour after the decisions. */
export function report(args: readonly string[], change: Partial<Shell> = {}): Promise<Run> {
  const refuse = (): never => {
    throw new Error('nothing is to be asked or waited for');
  };
  const clock = { now: () => AT + 3_600_000, setTimeout: refuse, clearTimeout: refuse };
  return runWith({ args: ['report', ...args], env: {}, fetch: refuse, clock, ...change });
}

/** The numbers of a log. */
export async function summaryOf(
  lines: readonly string[],
  ...args: readonly string[]
): Promise<Record<string, unknown>> {
  const { out, error } = await report([writeLog(lines), '--json', ...args]);
  if (error !== '') throw new Error(error);
  return JSON.parse(out);
}
