import type { OnClosed, ReroutePolicy } from 'freeform-guard';
import { toTemplate } from 'freeform-guard';
import type { ArrivedMessage, BirdChannel, BirdContact } from 'freeform-guard/sandbox';
import { keepSecret } from './canary.js';
import { createSmallWorld, type Service, type ServiceOptions, startService } from './service.js';
import { textMessage, type World, type WorldOptions } from './world.js';

/** A template of the sandbox, and what a customer reads of it. */
export const PROJECT_ID = 'ce6a2fd6-b2fa-4f5a-a2cd-f3bd15883318';
export const inTemplate = (text: string): string => `You have a message: ${text}`;

/** A world with what reroute policies need: a template and an SMS channel. */
export interface RerouteWorld extends World {
  readonly sms: BirdChannel;
  /** Another customer of the world's workspace, who has written on the world's channel or not. */
  addCustomer(phone: string, hasWritten?: boolean): BirdContact;
  /** What customers have, once everything that was sent has come or failed: kind, text, and to whom on which channel. */
  arrivals(): readonly Pick<ArrivedMessage, 'kind' | 'text' | 'to' | 'channelId'>[];
}

export interface RerouteScene {
  readonly world: RerouteWorld;
  readonly service: Service;
}

/** The policies of a world, which may depend on it. */
export type PoliciesOf = (world: RerouteWorld) => OnClosed;

/** The limits on reads are lifted: while the clock stands still, no read ever leaves its second. */
export async function createRerouteWorld(onClosed: PoliciesOf, options: WorldOptions = {}): Promise<RerouteWorld> {
  const workspace = { lookupBurst: 10_000, ...options.workspace };
  const sandbox = { readsPerSecond: Number.POSITIVE_INFINITY, ...options.sandbox };
  const plain = await createSmallWorld({ ...options, sandbox, workspace });
  plain.workspace.addTemplate({ projectId: PROJECT_ID, locales: { en: 'You have a message: {{message}}' } });
  const world: RerouteWorld = {
    ...plain,
    sms: plain.workspace.addChannel({ platformId: 'sms-messagebird' }),
    addCustomer: (phone, hasWritten = false) => addCustomer(plain, phone, hasWritten),
    arrivals: () => arrivals(plain),
  };
  world.guard.reload({ [world.workspace.id]: { ...world.workspaceOptions, onClosed: onClosed(world) } });
  return world;
}

export async function startRerouting(
  onClosed: PoliciesOf,
  { service, ...options }: WorldOptions & { readonly service?: ServiceOptions } = {},
): Promise<RerouteScene> {
  const world = await createRerouteWorld(onClosed, options);
  return { world, service: await startService(world, service) };
}

export function aTemplate(change: Partial<Parameters<typeof toTemplate>[0]> = {}): ReroutePolicy {
  return toTemplate({ projectId: PROJECT_ID, locale: 'en', variable: 'message', ...change });
}

/** The template as it is sent. */
export const templateOf = (value: string): object => ({
  projectId: PROJECT_ID,
  version: 'latest',
  locale: 'en',
  parameters: [{ type: 'string', key: 'message', value }],
});

export const phone = (identifierValue: string): object => ({ identifierKey: 'phonenumber', identifierValue });

/** A free-form text of one's own, to one or more phone numbers; all of it is secret. */
export function textTo(phones: readonly string[], text: string, change: object = {}): Record<string, unknown> {
  for (const secret of [...phones, text]) keepSecret(secret);
  const receiver = { contacts: phones.map(phone) };
  return textMessage({ receiver, body: { type: 'text', text: { text } }, ...change });
}

function addCustomer({ workspace, channel }: World, value: string, hasWritten: boolean): BirdContact {
  keepSecret(value);
  const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value }] });
  if (hasWritten) workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
  return contact;
}

function arrivals({ sandbox }: World): ReturnType<RerouteWorld['arrivals']> {
  sandbox.clock.advance({ minutes: 5 });
  return sandbox.arrived().map(({ kind, text, to, channelId }) => ({ kind, text, to, channelId }));
}
