import type { RerouteContext, ReroutePolicy, RerouteResult, SendToReroute } from '../../../src/core/reroute/policy.js';
import type { Decision } from '../../../src/core/types.js';
import { AT, closed } from '../support.js';

export const WORKSPACE = '11111111-1111-4111-8111-111111111111';
export const WHATSAPP = 'aaaaaaaa-1111-4111-8111-111111111111';
export const SMS = 'bbbbbbbb-1111-4111-8111-111111111111';
export const EMAIL = 'cccccccc-1111-4111-8111-111111111111';
export const CONVERSATION = 'dddddddd-1111-4111-8111-111111111111';

export const contact = { identifierKey: 'phonenumber', identifierValue: '+27000000001' } as const;

export const textMessage = (text: string): object => ({
  receiver: { contacts: [contact] },
  body: { type: 'text', text: { text } },
});

export const sendOf = (message: unknown): SendToReroute => ({
  workspaceId: WORKSPACE,
  channelId: WHATSAPP,
  contact,
  message,
});

export interface Asked {
  readonly result: RerouteResult | undefined;
  readonly declined: readonly string[];
  /** The other sends about which the policy asked, in order. */
  readonly decided: readonly SendToReroute[];
}

type Circumstances = Partial<Omit<RerouteContext, 'send' | 'decline' | 'decide'>> & {
  readonly decide?: ((send: SendToReroute) => Decision) | undefined;
};

/** Asks a policy about a send of which the window has closed. */
export async function ask(
  policy: ReroutePolicy,
  send: SendToReroute,
  { decide = () => closed(null), ...circumstances }: Circumstances = {},
): Promise<Asked> {
  const declined: string[] = [];
  const decided: SendToReroute[] = [];
  const context: RerouteContext = {
    send,
    decision: closed(AT),
    platform: 'whatsapp',
    at: AT,
    isDryRun: false,
    ...circumstances,
    decline: (reason) => {
      declined.push(reason);
      return undefined;
    },
    decide: async (other) => {
      decided.push(other);
      return decide(other);
    },
  };
  const result = await policy(context);
  return { result, declined, decided };
}

/** So that a policy which changes what it was given throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const key of Reflect.ownKeys(value)) deepFreeze(Reflect.get(value, key));
  return Object.freeze(value);
}

/** Texts of which a reader sees few characters, and a computer many units. */
export const family = '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}';
export const flag = '\u{1f1ff}\u{1f1e6}';
export const accented = 'e\u0301';
export const thumb = '\u{1f44d}\u{1f3fd}';
export const jamo = '\u1112\u1161\u11ab';
export const devanagari = '\u0928\u093f';
