/**
 * Checks at creation that the JavaScript runtime has what is needed: where it shows at the first send only, that send, and
 * each one after it, would pass unchecked.
 *
 * @throws {TypeError} naming what is missing
 */
export function requireRuntime(neededBy: string, needed: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(needed)) {
    if (typeof value !== 'function') throw new TypeError(`This runtime has no ${name}, which ${neededBy} needs`);
  }
}
