// Reroutes as a user of the middleware sees them, on Express 5; the contract of the adapters has what holds for every framework.
// scenarios.test.ts has the numbered scenarios that fit no other file. This file has what the files share.
import { toChannel } from 'freeform-guard';
import type { PoliciesOf } from '../../support/reroute.js';
import type { World } from '../../support/world.js';

export const HOUR = 3_600_000;
export const OTHER_PHONE = '+31687654321';
export const THIRD_PHONE = '+31687650000';
/** The header of a send that is denied. */
export const CLOSED = 'verdict=deny;reason=service_window_closed, source=bird';

/** What reached Bird as a send. */
export const sends = ({ sandbox }: World): readonly unknown[] =>
  sandbox.requests().filter(({ kind }) => kind === 'send');
export const toSms: PoliciesOf = ({ sms }) => toChannel({ channels: [sms.id] });
export const textOf = (text: string): object => ({ body: { type: 'text', text: { text } } });

/** Lets the clock run in small steps until the reply is there; what is ready runs in between. */
export async function advanceUntil({ sandbox }: Pick<World, 'sandbox'>, reply: Promise<unknown>): Promise<void> {
  let isThere = false;
  void reply.finally(() => {
    isThere = true;
  });
  while (!isThere) {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    sandbox.clock.advance(20);
  }
}
