import { normaliseAddress } from '../../bird/send/address.js';

/** An address as the sandbox stores it: numbers in one spelling, as the guard asks for them. */
export function sandboxAddress(value: string, key?: string | undefined): string {
  return normaliseAddress(value, key) ?? value;
}
