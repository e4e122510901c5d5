/**
 * The address under which the window of a contact known only by its id is stored. No other address looks like it: they
 * are trimmed, so none begins with a space.
 */
export function addressOfId(contactId: string): string {
  return `${PREFIX}${contactId}`;
}

const PREFIX = ' id:';

/** Whether a window is stored under a contact's id. */
export function isAddressOfId(address: string): boolean {
  return address.startsWith(PREFIX);
}

/** The contact whose window is stored under an address, as an entry of a send's receiver. */
export function contactOfAddress(address: string): object {
  return isAddressOfId(address) ? { id: address.slice(PREFIX.length) } : { identifierValue: address };
}
