/** The customers, and requests to them as a server gets them: with new strings. */

export const WORKSPACE_ID = '11111111-1111-4111-8111-111111111111';
export const CHANNEL_ID = '22222222-2222-4222-8222-222222222222';
/** A smoke test has fewer. Child processes inherit the variable. */
export const CONTACTS = Number(process.env.BENCH_CONTACTS ?? 100_000);
export const SEND_PATH = `/workspaces/${WORKSPACE_ID}/channels/${CHANNEL_ID}/messages`;

/** A new string on each call, whose hash has not been computed. */
export function addressOf(index) {
  return `+1202${5_000_000 + index}`;
}

export function contactIdOf(index) {
  return freshString(`00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`);
}

export function randomBelow(count) {
  return Math.floor(Math.random() * count);
}

/** The JSON of a free-form send to a random customer. */
export function randomSendJson() {
  const address = addressOf(randomBelow(CONTACTS));
  return JSON.stringify({
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: address }] },
    body: { type: 'text', text: { text: `Your parcel ${randomBelow(1e9)} arrives at noon.` } },
  });
}

/** A flat copy that shares nothing with the original, as a parser makes it. */
export function freshString(text) {
  return Buffer.from(text, 'latin1').latin1Slice();
}
