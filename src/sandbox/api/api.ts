import { type SandboxState, switchesOf, type WorkspaceState } from '../state.js';
import { type Answer, requestError } from './answer.js';
import { matchRoute } from './routes.js';

/** A request as received, with its body read but not yet parsed. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  /** `undefined`: larger than the limit. */
  readonly body: Buffer | undefined;
}

/** Answers one request as Bird does: path, key, rate limit and body are checked before the operation runs. */
export function answerRequest(state: SandboxState, { method, url, authorization, body }: WireRequest): Answer {
  const match = findRoute(method, url.pathname);
  if ('status' in match) return match;
  const { route, ids } = match;
  const workspace = authorize(state, authorization, ids.workspaceId ?? '');
  if ('status' in workspace) return workspace;
  const refusal = limitRate(state, workspace, method);
  if (refusal !== undefined) return refusal;
  const parsed = parse(body);
  if ('status' in parsed) return parsed;
  return route.answer({ state, workspace, ids, query: url.searchParams, body: parsed.value });
}

function findRoute(method: string, path: string): Extract<ReturnType<typeof matchRoute>, { ids: unknown }> | Answer {
  try {
    const match = matchRoute(method, path);
    if (match.route !== undefined) return match;
    if (match.allowed.length === 0) return requestError(404, 'NotFound', 'There is no such path');
    const refused = requestError(405, 'MethodNotAllowed', `The path does not take ${method}`);
    return { ...refused, headers: { allow: match.allowed.join(', ') } };
  } catch {
    return requestError(400, 'BadRequest', 'The path is not decodable');
  }
}

/** An unknown key gets 401. A known one gets 403 for any other workspace, whether or not it exists. */
function authorize(
  state: SandboxState,
  authorization: string | undefined,
  workspaceId: string,
): WorkspaceState | Answer {
  const key = /^AccessKey (\S+)$/i.exec(authorization ?? '')?.[1];
  const owned = [...state.workspaces.values()].filter(({ accessKey }) => key !== undefined && accessKey === key);
  if (owned.length === 0) return requestError(401, 'Unauthorized', 'The access key is missing or not valid');
  const workspace = owned.find(({ id }) => id === workspaceId);
  if (workspace !== undefined) return workspace;
  return requestError(403, 'Forbidden', 'The access key has no access to this workspace');
}

function limitRate(state: SandboxState, workspace: WorkspaceState, method: string): Answer | undefined {
  const { readsPerSecond, sendsPerSecond, retryAfter } = switchesOf(state, workspace);
  const now = state.clock.now();
  const isTaken =
    method === 'GET' ? workspace.reads.take(now, readsPerSecond) : workspace.sends.take(now, sendsPerSecond);
  if (isTaken) return undefined;
  const refused = requestError(429, 'TooManyRequests', 'The rate limit of the workspace is exceeded');
  return retryAfter === undefined ? refused : { ...refused, headers: { 'retry-after': retryAfter } };
}

function parse(body: Buffer | undefined): { readonly value: unknown } | Answer {
  if (body === undefined) return requestError(413, 'PayloadTooLarge', 'The body is larger than 1 MiB');
  if (body.length === 0) return { value: undefined };
  try {
    return { value: JSON.parse(body.toString('utf8')) };
  } catch {
    return requestError(400, 'BadRequest', 'The body is not JSON');
  }
}
