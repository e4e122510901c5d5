import type { SandboxClock } from './clock.js';
import type { ArrivedMessage } from './model/arrived-message.js';
import type { BirdChannel } from './model/bird-channel.js';
import type { BirdConversation } from './model/bird-conversation.js';
import type { InboundMessage, OutgoingMessage } from './model/bird-message.js';
import type { BirdSubscription } from './model/bird-subscription.js';
import { type ContactBook, createContactBook } from './model/contact-book.js';
import { createRateLimit, type RateLimit } from './model/rate-limit.js';
import { createWindows, type Windows } from './model/windows.js';
import { resolveSwitches, type Switches, type SwitchOptions } from './switches.js';
import { createTemplateBook, type TemplateBook } from './templates/template-book.js';
import type { WebhookFeed } from './webhooks/webhook-feed.js';

/** The whole state of a sandbox. The HTTP server and the handles read and change it; nothing else has state. */
export interface SandboxState {
  readonly clock: SandboxClock;
  readonly workspaces: Map<string, WorkspaceState>;
  readonly feed: WebhookFeed;
  /** Messages that have arrived or will arrive, in the order of sending. One has arrived once it is `delivered`. */
  readonly arrivals: ArrivedMessage[];
  switches: SwitchOptions;
}

/** One workspace. Maps keep the order of creation, which is the order of the lists. */
export interface WorkspaceState {
  readonly id: string;
  /** `undefined`: revoked. */
  accessKey: string | undefined;
  switches: SwitchOptions;
  readonly channels: Map<string, BirdChannel>;
  readonly contacts: ContactBook;
  readonly conversations: Map<string, BirdConversation>;
  readonly templates: TemplateBook;
  /** Messages in both directions, with their current statuses. */
  readonly messages: Map<string, InboundMessage | OutgoingMessage>;
  readonly windows: Windows;
  readonly subscriptions: Map<string, BirdSubscription>;
  /** `isPermanentSession` as set by a test, by (channel, address). */
  readonly permanentSessions: Map<string, Switches['permanentSession']>;
  readonly reads: RateLimit;
  readonly sends: RateLimit;
}

/** The id and key of a new workspace. */
export interface WorkspaceIdentity {
  readonly id: string;
  readonly accessKey: string;
}

/** An empty workspace. */
export function createWorkspaceState({ id, accessKey }: WorkspaceIdentity, switches: SwitchOptions): WorkspaceState {
  return {
    id,
    accessKey,
    switches,
    channels: new Map(),
    contacts: createContactBook(),
    conversations: new Map(),
    templates: createTemplateBook(),
    messages: new Map(),
    windows: createWindows(),
    subscriptions: new Map(),
    permanentSessions: new Map(),
    reads: createRateLimit(),
    sends: createRateLimit(),
  };
}

/** The switches of a workspace: its own, else the sandbox's, else the defaults. */
export function switchesOf(state: SandboxState, workspace: WorkspaceState): Switches {
  return resolveSwitches(workspace.switches, state.switches);
}
