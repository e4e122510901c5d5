import type { Protocol } from './host.js';

/** A mutation over HTTP, and its envelopes. */
export const overTrpc: Protocol = {
  acceptedStatus: 200,
  callOf: (send) => ({
    method: 'POST',
    path: '/send',
    text: JSON.stringify(send),
    headers: { 'content-type': 'application/json' },
  }),
  windowOf: ({ text }) => JSON.parse(text).result?.data.header,
  answerOf: ({ text }) => {
    const { result, error } = JSON.parse(text);
    return error?.data.problem ?? { code: result.data.held === true ? 'held' : undefined };
  },
};
