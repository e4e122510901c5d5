import type { SendRequest } from '../../../src/bird/send/send-request.js';
import { type Deadline, deadlineOf } from '../../../src/guard/deadline.js';
import { Decider } from '../../../src/guard/decider.js';
import { PlannedSend } from '../../../src/guard/planned-send.js';
import { type Policy, type PolicyOptions, resolvePolicy } from '../../../src/guard/workspaces/policy.js';
import { InFlight } from '../../../src/in-flight.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { type Asked, fakeCase, type Known, NOW, whatsapp } from '../fake-workspace.js';

export const id = '0a4de1aa-8a1d-4a37-9a0c-5a2f6a1a7d22';
/** A workspace whose options the application has to be asked for. */
export const unloaded = '1b5e2f33-8a1d-4a37-9a0c-5a2f6a1a7d22';
/** A workspace that nobody knows. */
export const nobody = '00000000-0000-4000-8000-000000000000';

export const send: SendRequest = { workspaceId: id, channelId: id, contact: { id } };
export const template: SendRequest = {
  ...send,
  message: { template: { projectId: id, version: id, locale: 'en' } } as SendRequest['message'],
};
export const inConversation: SendRequest = { workspaceId: id, conversationId: id };
export const isOpen: Known = { fresh: whatsapp, evidence: { lastInboundAt: NOW } };

interface Setup extends Known {
  readonly options?: PolicyOptions;
  readonly defaults?: PolicyOptions;
  /** The budget refuses every read. */
  readonly isRefused?: boolean;
  /** The place of every conversation is remembered. */
  readonly isPlaceKnown?: boolean;
}

export interface DeciderSetup {
  readonly decider: Decider;
  readonly clock: ReturnType<typeof createClock>;
  readonly policy: Policy;
  /** What Bird was asked. */
  readonly asked: Asked;
  /** Which workspaces the application was asked for, and which conversations Bird. */
  readonly loads: string[];
  readonly places: string[];
  /** The reasons of the decisions that were told. */
  readonly told: string[];
}

/** A decider with one workspace, which remembers what it is given. */
export function setUp({ options = {}, defaults = {}, isRefused = false, isPlaceKnown, ...known }: Setup): DeciderSetup {
  const clock = createClock(NOW);
  const { open, asked } = fakeCase(known, {}, options);
  const { workspace, policy } = open;
  const loads: string[] = [];
  const places: string[] = [];
  const told: string[] = [];
  const place = { channelId: id, contacts: [{ id }] };
  Object.assign(workspace, {
    timeAt: (at: number) => at,
    policyFor: () => policy,
    ownerOfPolicy: () => ({}),
    refusesRead: () => isRefused,
    isOff: policy.mode === 'off',
    conversations: {
      recall: () => (isPlaceKnown ? place : undefined),
      find: async ({ conversationId }: { conversationId: string }) => {
        places.push(conversationId);
        return place;
      },
    },
  });
  Object.assign(workspace.windows, { isBeingRead: () => false });
  const decider = new Decider({
    clock,
    workspaces: {
      recall: (asked: string) => (asked === id ? workspace : asked === unloaded ? undefined : 'unknown'),
      load: async (asked: string) => {
        loads.push(asked);
        return asked === nobody ? 'unknown' : workspace;
      },
      isFailing: () => false,
    } as never,
    defaultPolicy: resolvePolicy(defaults),
    notices: {
      failure: ({ code }: { code?: string }) => code ?? 'lookup_failed',
      undecidable: ({ reason }: { reason: string }) => reason,
      unknownWorkspace: () => 'workspace_unknown',
      decided: (_send: unknown, _parsed: unknown, { reason }: { reason: string }) => void told.push(reason),
      channel: () => {},
    } as never,
    support: { clock, hooks: { worked: () => {}, failed: () => {} }, inFlight: new InFlight() } as never,
    onAnswered: () => {},
  });
  return { decider, clock, policy, asked, loads, places, told };
}

/** The policy's own deadline, from now on. */
export const fromNow = (policy: Policy): Deadline => deadlineOf(policy, NOW);

/** What a decider that need not ask anybody makes of a send. */
export function atOnce(planned: PlannedSend | Promise<PlannedSend>): PlannedSend {
  if (planned instanceof PlannedSend) return planned;
  throw new Error('somebody is asked');
}
