/** The target of one of Bird's send paths. Ids are decoded and otherwise as written. */
export interface PathTarget {
  readonly workspaceId: string;
  readonly channelId?: string | undefined;
  readonly conversationId?: string | undefined;
  /** `new conversation`: the body contains its first message. */
  readonly kind: 'message' | 'batch' | 'new conversation';
}

/** The parts of a request that say where it goes. In a mount, `url` is the rest of the path after `baseUrl`. */
export interface RequestPaths {
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly baseUrl?: unknown;
}

/**
 * The path of a send as Bird documents it, which nearly all requests have. It needs no decoding or resolving, and costs
 * 0.29 of a path in another spelling. Whatever a mount has cut off in front of it changes nothing.
 */
const PLAIN_PATH = /^[\w/-]*?\/workspaces\/([\w-]+)\/channels\/([\w-]+)\/messages$/;

/**
 * The send that a request's path means, in any spelling that a framework, `fetch` or Bird accepts. Middleware may have
 * rewritten `url`, and a mount may have cut it: the current path counts first, then the original one.
 */
export function targetOfPaths({ url = '', originalUrl, baseUrl }: RequestPaths): PathTarget | undefined {
  const plain = PLAIN_PATH.exec(url);
  return plain === null
    ? targetOfAnyPath(url, originalUrl, baseUrl)
    : { workspaceId: plain[1] ?? '', channelId: plain[2], kind: 'message' };
}

function targetOfAnyPath(url: string, originalUrl: string | undefined, baseUrl: unknown): PathTarget | undefined {
  const base = typeof baseUrl === 'string' ? baseUrl : '';
  const now = base === '' ? url : base + url;
  const target = targetOfPath(now) ?? (originalUrl === now ? undefined : targetOfPath(originalUrl));
  // Below a mount on a send path everything is a send: Express and Connect run the handler for `/messages/x`, too.
  return target ?? targetOfPath(base === '' ? mountOfConnect(url, originalUrl) : base);
}

/** Connect has no `baseUrl`, but cuts `url`. */
function mountOfConnect(url: string, originalUrl: string | undefined): string | undefined {
  return originalUrl?.endsWith(url) === true ? originalUrl.slice(0, -url.length) : undefined;
}

/**
 * Node refuses a request head of more than 16 KiB. A send's path may have any prefix, so the end of the URL is enough.
 */
const MAX_URL_LENGTH = 65_536;

/** Reads a path as routes match it, segment by segment, then as `fetch` and servers resolve it. */
function targetOfPath(fullUrl: string | undefined): PathTarget | undefined {
  if (fullUrl === undefined) return undefined;
  // `fetch` drops all tabs and line breaks, and white space at the end.
  const url = endOfPath(fullUrl).replace(/\p{Cc}/gu, '');
  const literal = targetOfSegments(withoutLastEmpty(pathOf(url).split('/').map(decodePath)));
  if (!/[%;\\\s]|\/\/|\/\./.test(url) || (literal !== undefined && !hasSlash(literal))) return literal;
  for (const reading of readingsOf(pathOf(url.trimEnd()))) {
    const segments = decodePath(reading).split(/[/\\]/);
    // `fetch` resolves `//..` to `/`, and servers that join slashes first go a segment up.
    const target = targetOfSegments(resolved(segments)) ?? targetOfSegments(resolved(segments.filter(isNotEmpty)));
    if (target !== undefined) return target;
  }
  return literal;
}

/** Some servers take what follows a `;` for parameters of its segment, and Fastify can take all of it for the query. */
function readingsOf(path: string): readonly string[] {
  const end = path.indexOf(';');
  return end === -1 ? [path] : [path, path.replace(/;[^/\\]*/g, ''), path.slice(0, end)];
}

/** Whether an id is two segments for whoever treats `\` or an encoded `/` as `/`. */
function hasSlash({ workspaceId, channelId = '', conversationId = '' }: PathTarget): boolean {
  return [workspaceId, channelId, conversationId].some((id) => /[/\\]/.test(id));
}

/** Reads from the end, so that the path may have any prefix and nothing backtracks. */
function targetOfSegments(segments: string[]): PathTarget | undefined {
  const last = segments.at(-1)?.toLowerCase();
  if (last === 'conversations' && isWord(segments.at(-3), 'workspaces')) {
    return { workspaceId: segments.at(-2) ?? '', kind: 'new conversation' };
  }
  // Connect treats `/messages.json` as `/messages`.
  if (last !== 'messages' && last?.startsWith('messages.') !== true) return undefined;
  segments.pop();
  const isBatch = isWord(segments.at(-1), 'batch');
  if (isBatch) segments.pop();
  const [workspaces, workspaceId = '', collection, id = ''] = segments.slice(-4);
  if (segments.length < 4 || !isWord(workspaces, 'workspaces')) return undefined;
  if (isWord(collection, 'channels')) return { workspaceId, channelId: id, kind: isBatch ? 'batch' : 'message' };
  if (isBatch || !isWord(collection, 'conversations')) return undefined;
  return { workspaceId, conversationId: id, kind: 'message' };
}

function isWord(segment: string | undefined, word: string): boolean {
  return segment?.toLowerCase() === word;
}

/** A scheme and a host, as a request to a proxy has them. */
const ORIGIN = /^[a-z][a-z\d+.-]*:[/\\]{2}[^/\\?#]*/i;

/** A long query is cut off first, so that it cannot push the path out of the part that is read. */
function endOfPath(url: string): string {
  return url.length <= MAX_URL_LENGTH ? url : pathOf(url).slice(-MAX_URL_LENGTH);
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return (end === -1 ? url : url.slice(0, end)).replace(ORIGIN, '');
}

/** Segments with `.` and `..` resolved, and then without empty ones. */
function resolved(segments: readonly string[]): string[] {
  const result: string[] = [];
  for (const segment of segments) {
    if (segment === '..') result.pop();
    else if (segment !== '.') result.push(segment);
  }
  return result.filter(isNotEmpty);
}

function isNotEmpty(segment: string): boolean {
  return segment !== '';
}

function withoutLastEmpty(segments: string[]): string[] {
  if (segments.at(-1) === '') segments.pop();
  return segments;
}

/** A segment that cannot be decoded stays as it is. No id contains a `%`, so the send is `bad_id`. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/(?:%[\da-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
