import type { FreeformSend, ParsedSend, TemplateSend } from '../bird/send/parsed-send.js';
import { platformName } from '../core/platforms.js';
import type { ChannelFacts, Clock } from '../ports.js';
import type { Policy, PolicyOwner } from './workspaces/policy.js';
import type { Workspace } from './workspaces/workspace.js';

/** A send with what was found about it. It goes with it to the outcome, so that nothing is looked up a second time. */
export interface Case {
  readonly parsed: ParsedSend;
  readonly workspace: Workspace | 'unknown';
  readonly policy: Policy;
}

export interface FreeformCase extends Case {
  readonly parsed: FreeformSend;
  readonly workspace: Workspace;
}

export interface TemplateCase extends Case {
  readonly parsed: TemplateSend;
  readonly workspace: Workspace;
}

/** A case that the facts have to decide. */
export type OpenCase = FreeformCase | TemplateCase;

export function isTemplateCase(open: OpenCase): open is TemplateCase {
  return open.parsed.kind === 'template';
}

/** Whose policy it is, for what is said of it. */
export function ownerOf({ parsed, workspace }: Case): PolicyOwner {
  return workspace === 'unknown' ? {} : workspace.ownerOfPolicy(parsed.channelId);
}

/** The time as Bird has it, epoch ms; the local time where nobody has asked Bird. */
export function timeOf({ workspace }: Case, clock: Clock): number {
  return workspace === 'unknown' ? clock.now() : workspace.now();
}

/** The channel's platform, where its facts are at hand or remembered. */
export function platformIn({ parsed, workspace }: Case, atHand: ChannelFacts | undefined): string | undefined {
  const channel = atHand ?? (workspace === 'unknown' ? undefined : workspace.channels.recall(parsed.channelId ?? ''));
  return channel && platformName(channel.platformId);
}
