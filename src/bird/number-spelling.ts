/**
 * Another number that may belong to the same phone. Brazil added a 9 to its mobile numbers, and WhatsApp keeps many
 * accounts without it. Argentina's mobile numbers have a 9 after the country code when called from abroad, and Mexico's
 * had a 1 until 2019. A contact created by hand may have one spelling, and the customer's messages the other.
 *
 * Sources: Meta, "Phone Number Formatting" in the WhatsApp Business docs; Anatel's plan for the ninth digit; IFT's
 * dialling plan of 3 August 2019.
 *
 * @param number in E.164
 * @returns `undefined` if there is no other spelling
 */
export function otherSpelling(number: string): string | undefined {
  for (const [long, short] of spellings) {
    const longParts = long.exec(number)?.slice(1);
    if (longParts !== undefined) return longParts.join('');
    const shortParts = short.pattern.exec(number)?.slice(1);
    if (shortParts !== undefined) return shortParts.join(short.digit);
  }
  return undefined;
}

/** The spelling with the extra digit, and the one without it. The two groups of each are the parts around the digit. */
const spellings: readonly (readonly [long: RegExp, short: { readonly pattern: RegExp; readonly digit: string }])[] = [
  // Only mobile numbers, which began with 6 to 9 before the ninth digit.
  [/^(\+55[1-9]\d)9([6-9]\d{7})$/, { pattern: /^(\+55[1-9]\d)([6-9]\d{7})$/, digit: '9' }],
  [/^(\+54)9([1-9]\d{9})$/, { pattern: /^(\+54)([1-8]\d{9})$/, digit: '9' }],
  [/^(\+52)1([1-9]\d{9})$/, { pattern: /^(\+52)([1-9]\d{9})$/, digit: '1' }],
];
