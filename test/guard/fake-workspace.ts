import type { FreeformSend } from '../../src/bird/send/parsed-send.js';
import type { WindowEvidence } from '../../src/core/service-window.js';
import type { FreeformCase } from '../../src/guard/case.js';
import { type PolicyOptions, resolvePolicy } from '../../src/guard/workspaces/policy.js';
import type { WindowAnswer, WindowReadOptions } from '../../src/lookup/window-cache.js';
import type { ChannelFacts, WindowTarget } from '../../src/ports.js';

export const HOUR = 3_600_000;
export const DAY: number = 24 * HOUR;
export const NOW: number = Date.UTC(2026, 10, 28, 9);
export const patience = { readMs: 800, wait: undefined };
export const target: WindowTarget = { key: 'window' as never, contactId: 'contact' };

export const whatsapp: ChannelFacts = { platformId: 'whatsapp', status: 'active', capabilities: undefined };
export const messenger: ChannelFacts = { ...whatsapp, platformId: 'messenger' };
export const sms: ChannelFacts = { ...whatsapp, platformId: 'sms-messagebird' };
export const inactive: ChannelFacts = { ...whatsapp, status: 'inactive' };

/** What a workspace remembers, and what it would be told. */
export interface Known {
  /** The channel, as it was read a moment ago. */
  readonly fresh?: ChannelFacts | undefined;
  /** The channel, as it was read at some time. */
  readonly old?: ChannelFacts | undefined;
  /** What Bird says of the channel; an error: the read fails. */
  readonly read?: ChannelFacts | Error | undefined;
  readonly evidence?: WindowEvidence | Promise<WindowEvidence | undefined> | undefined;
  /** What Bird says of the window, one read after the other. */
  readonly answers?: readonly WindowAnswer[] | undefined;
  /** The time as Bird's last answer has it, where that is another than before. */
  readonly suddenNow?: number | undefined;
}

export interface Asked {
  /** How long each read of the channel could take, in ms. */
  readonly channelMs: number[];
  /** Which facts of a read of the channel that others wait for would do. */
  readonly acceptsChannel: ((facts: ChannelFacts) => boolean)[];
  readonly windows: WindowReadOptions[];
  /** What a read that others wait for would be taken for. */
  readonly accepts: ((answer: WindowAnswer) => boolean)[];
}

export interface FakeCase {
  readonly open: FreeformCase;
  readonly asked: Asked;
}

/** A case whose workspace remembers what it is given, and whose Bird answers at once. The time is always `NOW`. */
export function fakeCase(known: Known, send: Partial<FreeformSend> = {}, options: PolicyOptions = {}): FakeCase {
  const asked: Asked = { channelMs: [], acceptsChannel: [], windows: [], accepts: [] };
  const answers = [...(known.answers ?? [])];
  const workspace = {
    now: () => NOW,
    // By the local clock it is an hour earlier.
    timeAt: (localNow: number) => localNow + HOUR,
    suddenNow: () => known.suddenNow,
    channels: {
      recallFresh: () => known.fresh,
      recall: () => known.old ?? known.fresh,
      read: async (_ref: unknown, { readMs }: { readMs: number }, accepts: (facts: ChannelFacts) => boolean) => {
        asked.channelMs.push(readMs);
        asked.acceptsChannel.push(accepts);
        if (known.read instanceof Error) throw known.read;
        if (known.read === undefined) throw new Error('nobody asks for this channel');
        return known.read;
      },
    },
    windows: {
      recallFor: () => known.evidence,
      read: async (_target: WindowTarget, how: WindowReadOptions, accepts: (answer: WindowAnswer) => boolean) => {
        asked.windows.push(how);
        asked.accepts.push(accepts);
        const answer = answers.shift();
        if (answer === undefined) throw new Error('nobody asks for this window');
        return answer;
      },
    },
  };
  const parsed = {
    kind: 'freeform',
    workspaceId: 'workspace',
    channelId: 'channel',
    target,
    isHuman: false,
    sendAt: undefined,
    ...send,
  };
  return { open: { parsed, workspace, policy: resolvePolicy(options) } as unknown as FreeformCase, asked };
}

/** Bird's answer about a window. */
export function answerOf(serviceWindowExpireAt: number | null, more: Partial<WindowAnswer> = {}): WindowAnswer {
  return { serviceWindowExpireAt, isInDoubt: false, ...more };
}
