import { randomUUID } from 'node:crypto';
import { checkOptions, kindOf } from '../core/option-checks.js';
import { platformName } from '../core/platforms.js';
import { resolveReceivers } from './api/receivers.js';
import { type AddressOptions, existing, type InboundOptions, locate, receiveInbound } from './inbound.js';
import { type BirdChannel, type ChannelOptions, createChannel } from './model/bird-channel.js';
import type { BirdContact, ContactIdentifier } from './model/bird-contact.js';
import { type BirdConversation, createConversation } from './model/bird-conversation.js';
import type { InboundMessage } from './model/bird-message.js';
import { type BirdSubscription, createSubscription, subscriptionProblems } from './model/bird-subscription.js';
import { keyOf } from './model/windows.js';
import type { SandboxState, WorkspaceState } from './state.js';
import { checkSwitches, type Switches, type SwitchOptions, switchChecks } from './switches.js';
import type { SandboxTemplate } from './templates/template.js';
import type { TemplateOptions } from './templates/template-options.js';

/** The contact, the channel and the status of a conversation to open. */
export interface ConversationOptions extends AddressOptions {
  /** Whether messages can be sent into it: none into a `closed` one. Default `active`. */
  readonly status?: 'active' | 'closed' | undefined;
}

/** Where to post which events. */
export interface SubscribeOptions {
  /** Where events are posted: http on loopback. */
  readonly url: string;
  /** The key that signs deliveries. */
  readonly signingKey: string;
  /**
   * Bird's names of the events. Default: inbound and outbound events of every platform that the workspace has a channel
   * on.
   */
  readonly events?: readonly string[] | undefined;
  /**
   * The only channel to deliver events of; such events then reach no subscription without a filter. Default: all
   * channels.
   */
  readonly channelId?: string | undefined;
}

/**
 * A workspace of the sandbox, with the actions of Bird's dashboard, of customers and of administrators. Unknown ids
 * throw a `RangeError`.
 */
export interface SandboxWorkspace {
  /** The workspace's id, a UUID. */
  readonly id: string;
  /** The current access key; an empty string after `revokeKey`. */
  readonly accessKey: string;
  /** Installs a channel, by default `active`. Any field of Bird's channel object may be given. */
  addChannel(options: ChannelOptions): BirdChannel;
  /** Changes a channel's status, capabilities or any other field but its id. */
  setChannel(channelId: string, change: Partial<ChannelOptions>): BirdChannel;
  /** Adds a contact with at least one identifier. */
  addContact(options: {
    /** What the contact can be reached by; the first of a platform's kind is the default. */
    readonly identifiers: readonly ContactIdentifier[];
  }): BirdContact;
  /** Delivers a customer's message, which opens or extends the window of this channel and address. */
  receiveInbound(options: InboundOptions): InboundMessage;
  /** Subscribes a URL to events, which are signed as Bird signs them. Bird has one subscription per event. */
  subscribe(options: SubscribeOptions): BirdSubscription[];
  /** Opens a conversation with a contact on a channel. */
  addConversation(options: ConversationOptions): BirdConversation;
  /**
   * Adds a template, or a version of one, as Bird's Studio would. Before the first one, every template send succeeds.
   * Afterwards, a template send that does not match is accepted and refused 1000 ms later: as `rejected` by
   * `touchpoint` for an unknown or pending template, version or locale, or a missing, extra or invalid parameter; as
   * `sending_failed` by `whatsapp` for a text that Meta does not accept. Throws a `TypeError` or `RangeError` that
   * names the invalid option.
   */
  addTemplate(options: TemplateOptions): SandboxTemplate;
  /** Overrides the switch `permanentSession` for one address; `true` also delivers late messages. */
  setPermanentSession(
    options: AddressOptions & {
      /** What the contact answer says from now on. */
      readonly value: Switches['permanentSession'];
    },
  ): void;
  /** Replaces the key and returns the new one, valid at once; the old one is refused. */
  rotateKey(): string;
  /** Revokes the key without a new one. */
  revokeKey(): void;
  /** Changes switches for this workspace alone; `undefined` falls back to the sandbox's. */
  set(switches: SwitchOptions): void;
}

/** The handle for one workspace. */
export function createWorkspace(state: SandboxState, workspace: WorkspaceState): SandboxWorkspace {
  const { clock } = state;
  return {
    id: workspace.id,
    get accessKey(): string {
      return workspace.accessKey ?? '';
    },
    addChannel: (options) => {
      requireText('platformId', options.platformId);
      const channel = createChannel(options, clock.now(), workspace.channels.size);
      workspace.channels.set(channel.id, channel);
      return channel;
    },
    setChannel: (channelId, change) => setChannel(state, workspace, { channelId, change }),
    addContact: ({ identifiers }) => workspace.contacts.add(checkIdentifiers(identifiers), clock.now()),
    receiveInbound: (options) => receiveInbound(state, workspace, options),
    subscribe: (options) => subscribe(state, workspace, options),
    addConversation: (options) => addConversation(state, workspace, options),
    addTemplate: workspace.templates.add,
    setPermanentSession: ({ value, ...options }) => {
      checkOptions({ value }, { value: switchChecks.permanentSession }, 'setPermanentSession');
      const { channel, address } = locate(workspace, options);
      workspace.permanentSessions.set(keyOf({ channelId: channel.id, address }), value);
    },
    rotateKey: () => {
      workspace.accessKey = newAccessKey();
      return workspace.accessKey;
    },
    revokeKey: () => {
      workspace.accessKey = undefined;
    },
    set: (switches) => {
      workspace.switches = { ...workspace.switches, ...checkSwitches(switches, 'set') };
    },
  };
}

/** A key that is recognisably not one of Bird's. */
export function newAccessKey(): string {
  return `sandbox-${randomUUID()}`;
}

interface ChannelChange {
  readonly channelId: string;
  readonly change: Partial<ChannelOptions>;
}

function setChannel(
  { clock }: SandboxState,
  workspace: WorkspaceState,
  { channelId, change }: ChannelChange,
): BirdChannel {
  const channel = existing(workspace.channels.get(channelId), 'channelId', channelId);
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const changed = { ...channel, updatedAt: new Date(clock.now()).toISOString(), ...given, id: channelId };
  workspace.channels.set(channelId, changed);
  return changed;
}

function subscribe(
  { clock }: SandboxState,
  workspace: WorkspaceState,
  { url, signingKey, channelId, events = eventsOf(workspace) }: SubscribeOptions,
): BirdSubscription[] {
  const eventFilters = channelId === undefined ? [] : [{ key: 'channelId', value: channelId }];
  const owner = { organizationId: randomUUID(), workspaceId: workspace.id };
  const subscriptions = events.map((event) => {
    const problems = subscriptionProblems({ service: 'channels', event, url, signingKey, eventFilters });
    for (const [field, [problem]] of Object.entries(problems)) throw new TypeError(`subscribe: ${field} ${problem}`);
    return createSubscription({ ...owner, event, url, signingKey, eventFilters }, clock.now());
  });
  for (const subscription of subscriptions) workspace.subscriptions.set(subscription.id, subscription);
  return subscriptions;
}

function eventsOf({ channels }: WorkspaceState): readonly string[] {
  const platforms = [...channels.values()].map(({ platformId }) => platformName(platformId));
  return [...new Set(platforms)].flatMap((platform) => [`${platform}.inbound`, `${platform}.outbound`]);
}

function addConversation(
  { clock }: SandboxState,
  workspace: WorkspaceState,
  { status = 'active', ...options }: ConversationOptions,
): BirdConversation {
  const { channel, contact, address } = locate(workspace, options);
  const entries = [{ id: contact.id, identifierValue: address }];
  const [participant] = resolveReceivers({ workspace, channel, entries, now: clock.now() }) ?? [];
  if (participant === undefined) throw new RangeError('contactId must be the id of a contact with an address');
  const parts = { channelId: channel.id, participant, displayName: contact.computedDisplayName, status };
  const conversation = createConversation(parts, clock.now());
  workspace.conversations.set(conversation.id, conversation);
  return conversation;
}

function requireText(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw new TypeError(`${name} must be a non-empty string; received ${kindOf(value)}`);
}

function checkIdentifiers(identifiers: readonly ContactIdentifier[]): readonly ContactIdentifier[] {
  if (!Array.isArray(identifiers) || identifiers.length === 0) {
    throw new TypeError(`identifiers must be a non-empty array of { key, value }; received ${kindOf(identifiers)}`);
  }
  for (const { key, value } of identifiers) {
    requireText('identifiers.key', key);
    requireText('identifiers.value', value);
  }
  return identifiers;
}
