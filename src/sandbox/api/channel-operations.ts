import type { BirdChannel } from '../model/bird-channel.js';
import { type BirdContact, defaultIdentifier } from '../model/bird-contact.js';
import { sandboxAddress } from '../model/sandbox-address.js';
import { switchesOf } from '../state.js';
import { type Answer, notFound, ok, requestError } from './answer.js';
import type { ApiRequest } from './api-request.js';
import { pageOf } from './page.js';
import { windowReport } from './window-report.js';

const MAX_CHANNELS = 1000;

/** `GET /workspaces/{ws}/channels`: all channels, or those that match every filter. */
export function listChannels({ workspace, query }: ApiRequest): Answer {
  const filters: readonly (readonly [string, keyof BirdChannel])[] = [
    ['status', 'status'],
    ['platform', 'platformId'],
    ['channelIds', 'id'],
  ];
  const channels = [...workspace.channels.values()].filter((channel) =>
    filters.every(
      ([parameter, field]) => !query.has(parameter) || query.getAll(parameter).includes(String(channel[field])),
    ),
  );
  const page = pageOf(channels, query, MAX_CHANNELS);
  return 'results' in page ? ok(page) : page;
}

/** `GET /workspaces/{ws}/channels/{ch}`. */
export function getChannel({ workspace, ids }: ApiRequest): Answer {
  const channel = workspace.channels.get(ids.channelId ?? '');
  return channel === undefined ? notFound('channel') : ok(channel);
}

/** `GET /workspaces/{ws}/channels/{ch}/contacts/{contact}`: the service window of one of the contact's addresses. */
export function getChannelContact({ state, workspace, ids, query }: ApiRequest): Answer {
  const switches = switchesOf(state, workspace);
  if (switches.contactAccess === 'forbidden') {
    return requestError(403, 'Forbidden', 'The access key may not read the details of a contact');
  }
  const channel = workspace.channels.get(ids.channelId ?? '');
  if (channel === undefined) return notFound('channel');
  const contact = workspace.contacts.get(ids.contactId ?? '');
  if (contact === undefined) return notFound('contact');
  const address = addressAskedFor(query, contact, channel);
  return ok(windowReport({ workspace, switches, channel, address, now: state.clock.now() }));
}

/** Bird allows a missing or empty value. It does not document which identifier it then uses. */
function addressAskedFor(query: URLSearchParams, contact: BirdContact, channel: BirdChannel): string {
  const given = query.get('contactIdentifierValue');
  if (given !== null && given !== '') return sandboxAddress(given);
  return defaultIdentifier(contact, channel.platformId)?.value ?? '';
}
