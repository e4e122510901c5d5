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
