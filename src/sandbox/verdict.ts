import { isOutgoingUnavailable, maySend } from '../core/channel-availability.js';
import { own } from '../core/own.js';
import { platformName, platformRow } from '../core/platforms.js';
import type { BirdFailure, MessageStatus, OutgoingMessage } from './model/bird-message.js';
import { bodyContent, type MessageContent } from './model/message-content.js';
import { keyOf } from './model/windows.js';
import { type SandboxState, switchesOf, type WorkspaceState } from './state.js';
import { fillTemplate } from './templates/fill-template.js';
import type { TemplateRefusal } from './templates/template-refusal.js';

/** The result of a message: delivered, with its content, or the status and failure in which it ends. */
export type Verdict = { readonly ends: 'delivered'; readonly content: MessageContent } | FailedVerdict;

export interface FailedVerdict {
  readonly ends: MessageStatus;
  readonly failure: BirdFailure;
  /** When the failure shows, in ms after the message was sent. */
  readonly afterMs: number;
}

/** How long an ordinary failure takes, in ms. */
const FAILURE_AFTER_MS = 1000;

/** Decides the result of a message, by the state at the instant at which it is sent. */
export function verdictOn(state: SandboxState, workspace: WorkspaceState, message: OutgoingMessage): Verdict {
  const at = state.clock.now();
  const channel = workspace.channels.get(message.channelId);
  if (message.receiver.contacts.length === 0 || !(isTemplate(message) || hasBody(message))) {
    return invalidInput('no recipient, or no content');
  }
  if (channel === undefined || maySend(channel.status) === false || isOutgoingUnavailable(channel, at)) {
    return unusableChannel();
  }
  const { platformId } = channel;
  if (isTemplate(message)) {
    const filled = fillTemplate({ sent: message.template, templates: workspace.templates, platformId });
    return 'refusedBy' in filled ? refusedTemplate(filled) : { ends: 'delivered', content: filled };
  }
  if (isLate(state, workspace, message)) return late(state, workspace, platformId);
  return { ends: 'delivered', content: bodyContent(message.body) };
}

/** Bird's own validation, which for a batch comes after the response. */
export function invalidInput(description: string): FailedVerdict {
  const source = { name: 'pre-processing', code: '11002' };
  return { ends: 'rejected', afterMs: FAILURE_AFTER_MS, failure: { code: 11_002, description, source } };
}

function unusableChannel(): FailedVerdict {
  const failure = {
    code: 11_001,
    description: 'The channel cannot send',
    source: { name: 'pre-processing', code: '11001' },
  };
  return { ends: 'sending_failed', afterMs: FAILURE_AFTER_MS, failure };
}

/** Bird's codes are guesses: 11002 is INVALID_INPUT, and 15000 belongs to the family for platforms. */
function refusedTemplate({ refusedBy, code, description }: TemplateRefusal): FailedVerdict {
  const isBirds = refusedBy === 'touchpoint';
  const failure = { code: isBirds ? 11_002 : 15_000, description, source: { name: refusedBy, code } };
  return { ends: isBirds ? 'rejected' : 'sending_failed', afterMs: FAILURE_AFTER_MS, failure };
}

/** Codes of the platforms themselves; the Messenger and Instagram ones are Meta's. Not seen in a payload of Bird's. */
const sourceCodes: Readonly<Record<string, string>> = {
  whatsapp: '131047',
  facebook: '2018278',
  instagram: '2534022',
};

function late(state: SandboxState, workspace: WorkspaceState, platformId: string): FailedVerdict {
  const { lateStatus, lateFailureCode, lateFailureAfterMs } = switchesOf(state, workspace);
  const platform = platformName(platformId);
  const failure = {
    code: lateFailureCode,
    description: 'The customer service window was closed when the message was sent',
    source: { name: platform, code: sourceCodes[platform] ?? 'window_closed' },
  };
  return { ends: lateStatus, afterMs: lateFailureAfterMs, failure };
}

/** Whether a free-form message is late: the window of one of its addresses is closed. */
function isLate(state: SandboxState, workspace: WorkspaceState, message: OutgoingMessage): boolean {
  const channel = workspace.channels.get(message.channelId);
  const window = platformRow(channel?.platformId, undefined)?.window;
  if (!window) return false;
  const lengthMs = (isForHumanAgent(message) ? window.humanAgentMs : undefined) ?? window.durationMs;
  const now = state.clock.now();
  return message.receiver.contacts.some(({ platformAddress }) => {
    const target = { channelId: message.channelId, address: platformAddress };
    const permanent = workspace.permanentSessions.get(keyOf(target)) ?? switchesOf(state, workspace).permanentSession;
    const inboundAt = workspace.windows.lastInboundAt(target, now);
    return permanent !== true && (inboundAt === undefined || now >= inboundAt + lengthMs);
  });
}

/** Whether a message is a template: it names one and has no body. Everything else needs the window. */
function isTemplate(message: OutgoingMessage): boolean {
  const names = own(message.template, 'projectId') ?? own(message.template, 'name');
  return typeof names === 'string' && !hasBody(message);
}

function hasBody(message: OutgoingMessage): boolean {
  return message.body !== undefined && message.body !== null;
}

/** Bird adds Meta's HUMAN_AGENT tag to messages with one of these uses; callers pass no tag. */
function isForHumanAgent(message: OutgoingMessage): boolean {
  const useCase = own(own(message.meta, 'extraInformation'), 'useCase');
  return useCase === 'conversation' || useCase === 'transactional';
}
