import type { BirdContact } from 'freeform-guard/sandbox';
import { keepSecret } from '../../support/canary.js';
import {
  createSmallWorld,
  type Framework,
  type Service,
  type ServiceOptions,
  startService,
} from '../../support/service.js';
import { textMessage, type World, type WorldOptions } from '../../support/world.js';

export const HOUR = 3_600_000;
export const OTHER_PHONE = '+31687654321';
export const MISSING_PHONE = '+31611112222';

export interface Scene {
  readonly world: World;
  readonly service: Service;
}

/** Starts a world and a service of this framework in front of it. */
export function startWith(framework: Framework): (options?: WorldOptions, service?: ServiceOptions) => Promise<Scene> {
  return async (options = {}, service = {}) => {
    const world = await createSmallWorld(options);
    return { world, service: await startService(world, { framework, ...service }) };
  };
}

/** A second customer, who has written or not. */
export function addCustomer({ workspace, channel }: World, hasWritten: boolean): BirdContact {
  keepSecret(OTHER_PHONE);
  const contact = workspace.addContact({ identifiers: [{ key: 'phonenumber', value: OTHER_PHONE }] });
  if (hasWritten) workspace.receiveInbound({ channelId: channel.id, contactId: contact.id });
  return contact;
}

export function phone(identifierValue: string): object {
  return { identifierKey: 'phonenumber', identifierValue };
}

export function textTo(...phones: readonly string[]): object {
  for (const number of phones) keepSecret(number);
  return textMessage({ receiver: { contacts: phones.map(phone) } });
}
