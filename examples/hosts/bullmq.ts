import { type Job, UnrecoverableError } from 'bullmq';
import type { SendRequest } from 'freeform-guard';
import type { Service } from './service.js';

type SendJob = Pick<Job<SendRequest>, 'data'>;

/** For `new Worker(queueName, createProcessor(service), { connection })`. */
export function createProcessor({ guard, sendToBird }: Service): (job: SendJob) => Promise<object> {
  return async ({ data }) => {
    const { action, decision, held, sends } = await guard.check(data);
    // The guard sends it when the customer writes.
    if (action === 'hold') return { held: held?.reference };
    if (action === 'block') {
      // What is closed stays closed. What is unknown may be known at the next attempt.
      if (decision.verdict === 'deny') throw new UnrecoverableError(decision.reason);
      throw new Error(decision.reason);
    }
    const toSend = sends ?? [{ channelId: data.channelId ?? '', message: data.message }];
    for (const send of toSend) await sendToBird(send);
    return { sent: toSend.length };
  };
}
