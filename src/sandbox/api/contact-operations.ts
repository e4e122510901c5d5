import { own } from '../../core/own.js';
import type { BirdContact } from '../model/bird-contact.js';
import { switchesOf } from '../state.js';
import { type Answer, invalidPayload, notFound, ok } from './answer.js';
import type { ApiRequest } from './api-request.js';
import { pageOf } from './page.js';

const MAX_IDENTIFIERS = 100;

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

/** `GET /workspaces/{ws}/contacts/{id}/identifiers`: all identifiers of the contact, in pages. */
export function listIdentifiers({ workspace, ids, query }: ApiRequest): Answer {
  const contact = workspace.contacts.get(ids.contactId ?? '');
  if (contact === undefined) return notFound('contact');
  const identifiers = contact.featuredIdentifiers.map(({ key, value }) => ({ id: `${key} ${value}`, key, value }));
  const page = pageOf(identifiers, query, MAX_IDENTIFIERS);
  if ('status' in page) return page;
  return ok({ ...page, results: page.results.map(({ key, value }) => ({ key, value })) });
}
