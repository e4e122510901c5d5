import { toInstant } from '../core/instant.js';
import { toArrive } from './model/arrived-message.js';
import type { MessageStatus, OutgoingMessage } from './model/bird-message.js';
import type { SandboxState, WorkspaceState } from './state.js';
import { type FailedVerdict, type Verdict, verdictOn } from './verdict.js';
import { publishMessage } from './webhooks/webhook-publish.js';

/** When a message reaches these statuses, in ms after it was sent. Bird documents no times; these are ours. */
const PROCESSING_AFTER_MS = 200;
const SENT_AFTER_MS = 1000;
const DELIVERED_AFTER_MS = 2000;

/** Accepts a message: it is sent now, or at a future `scheduledFor`, and then goes through its statuses. */
export function acceptMessage(state: SandboxState, workspace: WorkspaceState, message: OutgoingMessage): void {
  keep(state, workspace, message);
  const send = (): void => {
    const verdict = verdictOn(state, workspace, message);
    noteDeparture(state, workspace, { message, verdict });
    runCourse(state, workspace, { id: message.id, verdict });
  };
  const waitMs = waitBefore(message, state.clock.now());
  if (waitMs > 0) state.clock.setTimeout(send, waitMs);
  else send();
}

interface Judged {
  readonly message: OutgoingMessage;
  readonly verdict: Verdict;
}

/** Records what the customers will get, as of now: channels and templates may change before it arrives. */
function noteDeparture(state: SandboxState, workspace: WorkspaceState, { message, verdict }: Judged): void {
  const channel = workspace.channels.get(message.channelId);
  if ('failure' in verdict || channel === undefined) return;
  const { content } = verdict;
  state.arrivals.push(...toArrive({ workspaceId: workspace.id, channel, message, content, at: state.clock.now() }));
}

/** Accepts a message that is already known to fail. */
export function acceptInvalid(
  state: SandboxState,
  workspace: WorkspaceState,
  { message, verdict }: { readonly message: OutgoingMessage; readonly verdict: FailedVerdict },
): void {
  keep(state, workspace, message);
  runCourse(state, workspace, { id: message.id, verdict });
}

/** How long a message with this schedule waits, in ms: 0 for a past one. */
export function waitBefore(content: { readonly scheduledFor?: unknown }, now: number): number {
  return Math.max(0, (toInstant(content.scheduledFor) ?? now) - now);
}

interface Step {
  readonly afterMs: number;
  readonly status: MessageStatus;
}

/** Sets a timer for each later status. The verdict is fixed: a later customer's message does not change it. */
function runCourse(
  state: SandboxState,
  workspace: WorkspaceState,
  { id, verdict }: { readonly id: string; readonly verdict: Verdict },
): void {
  const failure = 'failure' in verdict ? failureFields(verdict) : {};
  const steps = stepsOf(verdict);
  for (const { status, afterMs } of steps) {
    const isLast = status === verdict.ends;
    state.clock.setTimeout(() => {
      moveTo(state, workspace, id, { status, ...(isLast ? failure : {}) });
    }, afterMs);
  }
}

function stepsOf(verdict: Verdict): readonly Step[] {
  const processing: Step = { status: 'processing', afterMs: PROCESSING_AFTER_MS };
  const sent: Step = { status: 'sent', afterMs: SENT_AFTER_MS };
  if (!('failure' in verdict)) return [processing, sent, { status: 'delivered', afterMs: DELIVERED_AFTER_MS }];
  const before: Readonly<Partial<Record<MessageStatus, readonly Step[]>>> = {
    sending_failed: [processing],
    delivery_failed: [processing, sent],
  };
  const end: Step = { status: verdict.ends, afterMs: verdict.afterMs };
  return [...(before[verdict.ends] ?? []).filter(({ afterMs }) => afterMs < end.afterMs), end];
}

/** `reason` has Bird's format: details, the platform's reason and its code. */
function failureFields({ failure }: FailedVerdict): Pick<OutgoingMessage, 'failure' | 'reason' | 'details'> {
  const { description, source } = failure;
  return {
    failure,
    details: description,
    reason: `details: ${description}; reason: ${source.name}; code: ${source.code}`,
  };
}

/** The only place where a message changes. */
function moveTo(state: SandboxState, workspace: WorkspaceState, id: string, change: Partial<OutgoingMessage>): void {
  const message = workspace.messages.get(id);
  if (message === undefined || message.direction !== 'outgoing') return;
  const at = new Date(state.clock.now()).toISOString();
  keep(state, workspace, { ...message, ...change, lastStatusAt: at, updatedAt: at });
}

/** Stores a message and publishes its event: every status is one. */
function keep(state: SandboxState, workspace: WorkspaceState, message: OutgoingMessage): void {
  workspace.messages.set(message.id, message);
  publishMessage(state, workspace, message);
}
