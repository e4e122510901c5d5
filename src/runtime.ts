/**
 * Checks at creation that the JavaScript runtime has the functions needed. If a missing one showed only at the first
 * send, every send would pass unchecked.
 *
 * @throws {TypeError} naming what is missing
 */
export function requireRuntime(neededBy: string, needed: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(needed)) {
    if (typeof value !== 'function') throw new TypeError(`This runtime has no ${name}, which ${neededBy} needs`);
  }
}
