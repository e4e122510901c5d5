/** Where one of Bird's paths sends to. Ids are as they stand there, decoded. */
export interface PathTarget {
  readonly workspaceId: string;
  readonly channelId?: string | undefined;
  readonly conversationId?: string | undefined;
  /** `new conversation`: its first message is in the body. */
  readonly kind: 'message' | 'batch' | 'new conversation';
}

/** What of a request says where it goes. In a mount, `url` is what is left of the path, and `baseUrl` was cut off. */
export interface RequestPaths {
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly baseUrl?: unknown;
}

/** The path of a send as Bird documents it, which nearly all requests have: nothing in it is to be decoded or resolved. */
const PLAIN_PATH = /^[\w/-]*\/workspaces\/([\w-]+)\/channels\/([\w-]+)\/messages$/;

/**
 * The send that a request's path means, in any spelling that a framework, `fetch` or Bird takes for it. Middleware may have
 * rewritten `url`, and a mount may have cut it: where the request goes now counts, else where it came to.
 */
export function targetOfPaths({ url, originalUrl, baseUrl }: RequestPaths): PathTarget | undefined {
  const base = typeof baseUrl === 'string' ? baseUrl : '';
  const now = base === '' ? url : base + (url ?? '');
  const plain = PLAIN_PATH.exec(now ?? '');
  if (plain !== null) return { workspaceId: plain[1] ?? '', channelId: plain[2], kind: 'message' };
  const target = targetOfPath(now) ?? (originalUrl === now ? undefined : targetOfPath(originalUrl));
  // Below a mount on a path of sends everything is one: Express and Connect run the handler for `/messages/x`, too.
  return target ?? targetOfPath(mountOf({ url, originalUrl, baseUrl }));
}

function mountOf({ url, originalUrl, baseUrl }: RequestPaths): string | undefined {
  if (typeof baseUrl === 'string' && baseUrl !== '') return baseUrl;
  // Connect keeps no `baseUrl`, but cuts `url`.
  const isCut = url !== undefined && originalUrl !== undefined && originalUrl !== url && originalUrl.endsWith(url);
  return isCut ? originalUrl.slice(0, -url.length) : undefined;
}

/** Node refuses a head of more than 16 KiB. Any prefix may stand before a send's path, so its end is enough. */
const MAX_URL_LENGTH = 65_536;

/** As routes match it, segment by segment; else as `fetch` and servers resolve it. */
function targetOfPath(fullUrl: string | undefined): PathTarget | undefined {
  if (fullUrl === undefined) return undefined;
  const url = endOfPath(fullUrl);
  const path = pathOf(url);
  const literal = targetOfSegments(withoutLastEmpty(path.split('/').map(decodePath)));
  if (literal !== undefined || !/[%\\\s\p{Cc}]|\/\/|\/\./u.test(url)) return literal;
  // `fetch` drops tabs and line breaks wherever they stand, and what is blank at the end.
  return targetOfSegments(resolvedSegments(pathOf(url.replace(/\p{Cc}/gu, '').trimEnd())));
}

/** Read from the end, so that any prefix may stand before and nothing backtracks. */
function targetOfSegments(segments: string[]): PathTarget | undefined {
  const last = segments.at(-1)?.toLowerCase();
  if (last === 'conversations' && isWord(segments.at(-3), 'workspaces')) {
    return { workspaceId: segments.at(-2) ?? '', kind: 'new conversation' };
  }
  // Connect takes `/messages.json` for `/messages`.
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

/** A long query is cut off first, so that it cannot push the path out of what is read. */
function endOfPath(url: string): string {
  return url.length <= MAX_URL_LENGTH ? url : pathOf(url).slice(-MAX_URL_LENGTH);
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return (end === -1 ? url : url.slice(0, end)).replace(ORIGIN, '');
}

/** Decoded once, without empty ones, and with `.` and `..` resolved. */
function resolvedSegments(path: string): string[] {
  const segments: string[] = [];
  // `fetch` takes `\` for `/`, and so does Express where the target is absolute or has a `#`.
  for (const segment of decodePath(path).split(/[/\\]/)) {
    if (segment === '..') segments.pop();
    else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  return segments;
}

function withoutLastEmpty(segments: string[]): string[] {
  if (segments.at(-1) === '') segments.pop();
  return segments;
}

/** What cannot be decoded stays as it is: no id has a `%`, so the answer is `bad_id`. */
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
