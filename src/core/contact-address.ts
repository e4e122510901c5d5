/**
 * The address under which a window is kept whose contact is known by its id alone. No other address looks like it: they
 * are trimmed, and so none begins with a space.
 */
export function addressOfId(contactId: string): string {
  return `${PREFIX}${contactId}`;
}

const PREFIX = ' id:';

/** Whether a window is kept under a contact's id. */
export function isAddressOfId(address: string): boolean {
  return address.startsWith(PREFIX);
}

/** The contact whose window is kept under an address, as an entry of a send's receiver. */
export function contactOfAddress(address: string): object {
  return isAddressOfId(address) ? { id: address.slice(PREFIX.length) } : { identifierValue: address };
}
