/**
 * A local Bird with a clock of its own, for demos and for tests.
 *
 * @module freeform-guard/sandbox
 */

import { randomUUID } from 'node:crypto';
import { toInstant } from '../core/instant.js';
import {
  aFunction,
  checkOptions,
  checkOptionsOf,
  integerBetween,
  isString,
  type OptionCheck,
} from '../core/option-checks.js';
import type { Instant } from '../core/types.js';
import { createClock, type SandboxClock } from './clock.js';
import type { FaultHook } from './http/fault.js';
import { openHttpFace } from './http/http-face.js';
import { createRequestLog, type LoggedRequest } from './http/request-log.js';
import type { ArrivedMessage } from './model/arrived-message.js';
import type { OutgoingMessage } from './model/bird-message.js';
import { createWorkspaceState, type SandboxState } from './state.js';
import { checkSwitches, type SwitchOptions, switchChecks } from './switches.js';
import { createWebhookFeed, type WebhookAttempt } from './webhooks/webhook-feed.js';
import { createWorkspace, newAccessKey, type SandboxWorkspace } from './workspace.js';

export type { RequestKind } from './api/routes.js';
export type { SandboxClock } from './clock.js';
export type { Duration } from './duration.js';
export type { Fault, FaultHook, FaultRequest } from './http/fault.js';
export type { LoggedRequest } from './http/request-log.js';
export type { AddressOptions, InboundOptions } from './inbound.js';
export type { ArrivedMessage } from './model/arrived-message.js';
export type { BirdCapability, BirdChannel, ChannelOptions } from './model/bird-channel.js';
export type { BirdContact, ContactIdentifier } from './model/bird-contact.js';
export type { BirdConversation, BirdParticipant } from './model/bird-conversation.js';
export type {
  BirdFailure,
  BirdReceiverContact,
  InboundMessage,
  MessageStatus,
  OutgoingMessage,
} from './model/bird-message.js';
export type { BirdSubscription, EventFilter } from './model/bird-subscription.js';
export type { Switches, SwitchOptions } from './switches.js';
export type { SandboxTemplate } from './templates/template.js';
export type { TemplateOptions } from './templates/template-options.js';
export type { WebhookAttempt } from './webhooks/webhook-feed.js';
export type { ConversationOptions, SandboxWorkspace, SubscribeOptions } from './workspace.js';

/** How to start a sandbox: port, clock, faults, and switches for what Bird does not document. */
export interface SandboxOptions extends SwitchOptions {
  /** The TCP port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number | undefined;
  /** The clock's first instant. Default: now. */
  readonly startAt?: Instant | undefined;
  /** The hook that injects faults; see `setFault`. Default: none. */
  readonly fault?: FaultHook | undefined;
}

/** The identity of a workspace to add, and switches that override the sandbox's. */
export interface SandboxWorkspaceOptions extends SwitchOptions {
  /** The workspace's id, a UUID. Default: a new one. */
  readonly id?: string | undefined;
  /** The access key that requests must carry. Default: a new one. */
  readonly accessKey?: string | undefined;
}

/** A running local Bird. */
export interface Sandbox {
  /** The base URL, e.g. `http://127.0.0.1:40123`, to use in place of `https://api.bird.com`. */
  readonly url: string;
  /** The sandbox's clock, which moves only with `advance`. It fits a guard's `clock` option. */
  readonly clock: SandboxClock;
  /** Adds a workspace with its own key, rate limits, channels and contacts. */
  addWorkspace(options?: SandboxWorkspaceOptions): SandboxWorkspace;
  /** All messages sent, in every workspace, in the order of acceptance and with their current statuses. */
  messages(): OutgoingMessage[];
  /**
   * What customers have received, in every workspace: the messages that are `delivered`, in the order of sending, with
   * one entry per receiver. A late free-form message never arrives.
   */
  arrived(): ArrivedMessage[];
  /**
   * Waits until every due webhook delivery has been answered, and returns all attempts so far. A refused delivery is
   * repeated on the sandbox's clock, at growing intervals, for 8 hours, with its first timestamp.
   */
  deliveries(): Promise<WebhookAttempt[]>;
  /** All HTTP requests so far, in the order of processing. */
  requests(): LoggedRequest[];
  /** The largest number of GET requests within any 1000 ms of the sandbox's clock, refused ones included. */
  readsInBusiestSecond(): number;
  /** Changes switches; `undefined` restores a default. */
  set(switches: SwitchOptions): void;
  /** Sets the hook that injects faults into requests; `undefined` removes it. */
  setFault(fault: FaultHook | undefined): void;
  /** Stops the server and cuts its connections. Afterwards nothing of the sandbox keeps the process alive. */
  close(): Promise<void>;
}

const aString: OptionCheck = { rule: 'a string', hasType: isString };

const sandboxChecks: Readonly<Record<keyof SandboxOptions, OptionCheck>> = {
  ...switchChecks,
  port: { ...integerBetween(0, 65_535, ''), rule: 'a port from 0 to 65535' },
  startAt: {
    rule: 'an instant: RFC 3339 with offset, epoch ms or a Date',
    hasType: (value) => toInstant(value) !== undefined,
  },
  fault: aFunction,
};

const workspaceChecks: Readonly<Record<keyof SandboxWorkspaceOptions, OptionCheck>> = {
  ...switchChecks,
  id: aString,
  accessKey: aString,
};

/**
 * Starts a local Bird on 127.0.0.1: a real HTTP server with Bird's paths, answers, rate limits and silent failures, for
 * demos and tests. Rejects with a `TypeError` or `RangeError` that names the option when one is unknown or wrong.
 *
 * @example
 * const sandbox = await createSandbox({ startAt: '2026-01-05T09:00:00Z' });
 * const workspace = sandbox.addWorkspace();
 * const channel = workspace.addChannel({ platformId: 'whatsapp' });
 * const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: '+12025550100' }] });
 * workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
 * sandbox.clock.advance({ hours: 24 }); // the window is closed now
 * await sandbox.close();
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  checkOptionsOf('createSandbox', options, sandboxChecks);
  const { port = 0, startAt, fault, ...switches } = options;
  const clock = createClock(toInstant(startAt) ?? Date.now());
  const state: SandboxState = {
    clock,
    workspaces: new Map(),
    feed: createWebhookFeed(clock),
    arrivals: [],
    switches,
  };
  const log = createRequestLog();
  let hook = fault;
  const face = await openHttpFace({ port, state, log, faultHook: () => hook });
  return {
    url: face.url,
    clock: state.clock,
    addWorkspace: (workspaceOptions) => addWorkspace(state, workspaceOptions),
    messages: () => outgoingMessages(state),
    arrived: () => arrivedMessages(state),
    deliveries: state.feed.settled,
    requests: log.all,
    readsInBusiestSecond: log.readsInBusiestSecond,
    set: (changed) => {
      state.switches = { ...state.switches, ...checkSwitches(changed, 'set') };
    },
    setFault: (changed) => {
      checkOptions({ fault: changed }, { fault: aFunction }, 'setFault');
      hook = changed;
    },
    close: () => {
      state.feed.close();
      return face.close();
    },
  };
}

function addWorkspace(state: SandboxState, options: SandboxWorkspaceOptions = {}): SandboxWorkspace {
  checkOptionsOf('addWorkspace', options, workspaceChecks);
  const { id = randomUUID(), accessKey = newAccessKey(), ...switches } = options;
  if (state.workspaces.has(id)) throw new RangeError(`addWorkspace.id is taken by another workspace: ${id}`);
  const workspace = createWorkspaceState({ id, accessKey }, switches);
  state.workspaces.set(id, workspace);
  return createWorkspace(state, workspace);
}

function outgoingMessages(state: SandboxState): OutgoingMessage[] {
  const all = [...state.workspaces.values()].flatMap(({ messages }) => [...messages.values()]);
  const outgoing = all.filter((message): message is OutgoingMessage => message.direction === 'outgoing');
  return outgoing.toSorted((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt));
}

function arrivedMessages({ workspaces, arrivals }: SandboxState): ArrivedMessage[] {
  return arrivals.filter(({ workspaceId, messageId }) => {
    return workspaces.get(workspaceId)?.messages.get(messageId)?.status === 'delivered';
  });
}
