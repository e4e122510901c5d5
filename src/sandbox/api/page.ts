import { type Answer, invalidPayload } from './answer.js';

/** A page of a list, as in Bird's response bodies. */
export interface Page<Item> {
  readonly results: readonly Item[];
  /** Absent at the end. */
  readonly nextPageToken?: string;
}

const DEFAULT_LIMIT = 10;

/** Cuts a page from a list in the order of creation: `limit` (default 10), `pageToken` and `reverse` of the query. */
export function pageOf<Item extends { readonly id: string }>(
  items: readonly Item[],
  query: URLSearchParams,
  maximum: number,
): Page<Item> | Answer {
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > maximum) {
    return invalidPayload({ limit: [`must be an integer from 1 to ${maximum}`] });
  }
  const ordered = query.get('reverse') === 'true' ? items.toReversed() : items;
  const start = startOf(ordered, query.get('pageToken'));
  if (start === undefined) return invalidPayload({ pageToken: ['is not a token of this list'] });
  const results = ordered.slice(start, start + limit);
  const next = ordered[start + limit];
  return next === undefined ? { results } : { results, nextPageToken: Buffer.from(next.id).toString('base64url') };
}

/** A token names the first item of its page, so that items added meanwhile do not shift pages. */
function startOf(items: readonly { readonly id: string }[], token: string | null): number | undefined {
  if (token === null || token === '') return 0;
  const firstId = Buffer.from(token, 'base64url').toString();
  const index = items.findIndex(({ id }) => id === firstId);
  return index < 0 ? undefined : index;
}
