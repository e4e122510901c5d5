import { own } from '../core/own.js';
import { type Answer, invalidPayload, notFound, ok } from './answer.js';
import type { ApiRequest } from './api-request.js';
import type { BirdContact } from './bird-contact.js';
import { switchesOf } from './state.js';

/** `POST /workspaces/{ws}/contacts/search`: by `identifier {key, value}`, or by `platformAddress` alone. */
export function searchContacts({ state, workspace, body }: ApiRequest): Answer {
  const key = own(own(body, 'identifier'), 'key');
  const value = own(own(body, 'identifier'), 'value');
  const platformAddress = own(body, 'platformAddress');
  let found: BirdContact | undefined;
  if (typeof key === 'string' && typeof value === 'string') found = workspace.contacts.findByIdentifier({ key, value });
  else if (typeof platformAddress === 'string') found = workspace.contacts.findByValue(platformAddress);
  else return invalidPayload({ identifier: ['needs a key and a value'] });
  if (found === undefined && switchesOf(state, workspace).unknownContact === '404') return notFound('contact');
  return ok({ results: found === undefined ? [] : [found] });
}
