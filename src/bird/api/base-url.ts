/** Whether paths of Bird's can follow it, and the access key may travel there. */
export function isBaseUrl(baseUrl: string): boolean {
  return isLoopbackOrHttps(baseUrl) && workspacesPath(baseUrl) === undefined;
}

/** What to do about a base URL with too much in it, as it stands in Bird's documentation or in an address bar. */
export function cureOfBaseUrl(baseUrl: unknown): string | undefined {
  const isOfWorkspace = typeof baseUrl === 'string' && workspacesPath(baseUrl) !== undefined;
  return isOfWorkspace ? 'leave off the path from /workspaces on, which the guard adds itself' : undefined;
}

/** The part of its path that every question of the guard begins with. */
function workspacesPath(baseUrl: string): string | undefined {
  if (!URL.canParse(baseUrl)) return undefined;
  return /\/workspaces(?:\/.*)?$/i.exec(new URL(baseUrl).pathname)?.[0];
}

/** Whether the access key may travel to this URL: over https, or in clear over this machine's own loopback only. */
export function isLoopbackOrHttps(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const { protocol, hostname, username, password } = new URL(baseUrl);
  // An empty query or fragment is none to URL, but what is appended would become part of it.
  if (username !== '' || password !== '' || /[?#]/.test(baseUrl)) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** Whether a URL's host name is this machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
