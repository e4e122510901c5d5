/**
 * The address under which the window of a contact known only by its id is stored. No other address looks like it: they
 * are trimmed, so none begins with a space.
 */
export function addressOfId(contactId: string): string {
  // Joined, it is one flat string. A map would keep two for a template's, 32 bytes more.
  return [PREFIX, contactId].join('');
}

const PREFIX = ' id:';

/** Whether a window is stored under a contact's id. */
export function isAddressOfId(address: string): boolean {
  return address.startsWith(PREFIX);
}

/** The contact's id in an address that `addressOfId` has made. */
export function idOfAddress(address: string): string {
  return address.slice(PREFIX.length);
}

/** The contact whose window is stored under an address, as an entry of a send's receiver. */
export function contactOfAddress(address: string): object {
  return isAddressOfId(address) ? { id: idOfAddress(address) } : { identifierValue: address };
}

/** A window's key in a map. Ids contain no space and come first, so that two windows never have the same name. */
export function windowName(
  { workspaceId, channelId }: { readonly workspaceId: string; readonly channelId: string },
  address: string,
): string {
  return `${workspaceId} ${channelId} ${address}`;
}
