import { own } from '../../core/own.js';
import type { DecisionEvent } from '../../telemetry/decision-event.js';

/** What a message became, or in `observe` mode would have become. Each message counts in one of them. */
export type Fate = (typeof fates)[number];

/** `unknown` are those that pass although nothing is known. */
export const fates = ['blocked', 'rerouted', 'held', 'unknown', 'sent'] as const;

export type LoggedDecision = Omit<DecisionEvent, 'durationMs' | 'verdict' | 'action' | 'wouldBe'> & {
  readonly fate: Fate;
};

/** The log could not keep up, and this many decisions have no line. */
export interface DroppedLines {
  readonly at: number;
  readonly dropped: number;
}

/** What a line of a decision log says; `undefined` where it is damaged, or no line of one. */
export function readLogLine(line: string): LoggedDecision | DroppedLines | undefined {
  const value = parse(line);
  const at = own(value, 'at');
  if (!isInstant(at)) return undefined;
  const dropped = own(value, 'dropped');
  if (dropped !== undefined) return isCount(dropped) ? { at, dropped } : undefined;
  return readDecision(value, at);
}

function readDecision(value: unknown, at: number): LoggedDecision | undefined {
  const [workspaceId, channelId, platform] = [
    own(value, 'workspaceId'),
    own(value, 'channelId'),
    own(value, 'platform'),
  ];
  const [reason, mode, source] = [own(value, 'reason'), own(value, 'mode'), own(value, 'source')];
  const recipients = own(value, 'recipients');
  const fate = fateOf(own(value, 'verdict'), own(value, 'action'), own(value, 'wouldBe'));
  const isWhole =
    isWordOrAbsent(workspaceId) && isWordOrAbsent(channelId) && isWordOrAbsent(platform) && isWord(reason);
  const isKnown = fate !== undefined && isCount(recipients) && isMode(mode) && isSource(source);
  if (!isWhole || !isKnown) return undefined;
  return {
    at,
    workspaceId,
    channelId,
    platform,
    reason: reason as LoggedDecision['reason'],
    fate,
    mode,
    source,
    recipients,
  };
}

function fateOf(verdict: unknown, action: unknown, wouldBe: unknown): Fate | undefined {
  switch (wouldBe ?? action) {
    case 'block':
      return 'blocked';
    case 'reroute':
      return 'rerouted';
    case 'hold':
      return 'held';
    case 'send':
      return verdict === 'unknown' ? 'unknown' : 'sent';
    default:
      return undefined;
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The end of the year 9999: what is later is no clock's, and has another form as text. */
const MAX_INSTANT = 253_402_300_799_999;

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_INSTANT;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** An id, a platform or a reason. Anything else could be a terminal's control characters. */
function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.:-]{1,64}$/.test(value);
}

function isWordOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || isWord(value);
}

function isMode(value: unknown): value is DecisionEvent['mode'] {
  return value === 'enforce' || value === 'observe';
}

function isSource(value: unknown): value is DecisionEvent['source'] {
  return value === 'memory' || value === 'bird' || value === 'none';
}
