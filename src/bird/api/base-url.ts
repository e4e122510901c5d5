/** Whether Bird's paths can be appended to a URL, and the access key may be sent to it. */
export function isBaseUrl(baseUrl: string): boolean {
  return isLoopbackOrHttps(baseUrl) && workspacesPath(baseUrl) === undefined;
}

/** How to correct a base URL with a path of the API, as copied from Bird's documentation or an address bar. */
export function cureOfBaseUrl(baseUrl: unknown): string | undefined {
  const isOfWorkspace = typeof baseUrl === 'string' && workspacesPath(baseUrl) !== undefined;
  return isOfWorkspace ? 'leave off the path from /workspaces on, which the guard adds itself' : undefined;
}

/** The part of the URL's path with which every request of the guard begins. */
function workspacesPath(baseUrl: string): string | undefined {
  if (!URL.canParse(baseUrl)) return undefined;
  return /\/workspaces(?:\/.*)?$/i.exec(new URL(baseUrl).pathname)?.[0];
}

/** Whether the access key may be sent to a URL: over https, or over http to this machine's loopback. */
export function isLoopbackOrHttps(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const { protocol, hostname, username, password } = new URL(baseUrl);
  // `URL` ignores an empty query or fragment, but an appended path would become part of it.
  if (username !== '' || password !== '' || /[?#]/.test(baseUrl)) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** Whether a URL's host name is this machine's loopback. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
