/** A hit in a loop, with requests and responses of node's own, made beforehand. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { freshString, randomSendJson, SEND_PATH } from '../contacts.mjs';
import { checkHit, otherMiddleware } from '../other-middleware.mjs';
import { interleave, processorTimeOf } from '../rounds.mjs';
import { createWarmGuard, sendTo } from '../warm-guard.mjs';

export async function measure({ builds, isSmoke }) {
  const { calls, ...plan } = isSmoke ? { calls: 50, rounds: 2 } : { calls: 200, rounds: 300, warmUps: 100 };
  const guards = await Promise.all(
    builds.map(async (build) => ({ name: build.name, ...(await createWarmGuard(build)) })),
  );
  const candidates = [
    ...otherMiddleware(),
    ...guards.map(({ name, library, guard }) => ({ name, handle: library.freeformGuard(guard) })),
  ];
  const samples = await interleave(candidates, (candidate) => timeOfHandling(candidate, calls), plan);
  const peeks = await interleave(guards, ({ guard }) => timeOfPeeking(guard, calls), plan);
  for (const { name, close } of guards) {
    samples[`peek, ${name}`] = peeks[name];
    await close();
  }
  return { 'hit-loop': samples };
}

/** Microseconds a call. */
export async function timeOfHandling({ name, handle }, calls) {
  const exchanges = Array.from({ length: calls }, createExchange);
  let passed = 0;
  let resume;
  const next = (error) => {
    if (error !== undefined) throw error;
    passed += 1;
    resume?.();
  };
  const elapsed = await processorTimeOf(async () => {
    for (let call = 0; call < calls; call += 1) {
      handle(exchanges[call].req, exchanges[call].res, next);
      // A middleware that answers at once is not waited for.
      if (passed === call) await new Promise((resolve) => (resume = resolve));
    }
  });
  if (passed !== calls) throw new Error(`${name} called next ${passed} times for ${calls} requests`);
  for (const { res } of exchanges) checkHit(name, res);
  return elapsed / calls;
}

const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });

function createExchange() {
  const req = new IncomingMessage(socket);
  const json = randomSendJson();
  const headers = { host: 'localhost', 'content-type': 'application/json', 'content-length': String(json.length) };
  Object.assign(req, { method: 'POST', url: freshString(SEND_PATH), headers, ip: '127.0.0.1', body: JSON.parse(json) });
  return { req, res: new ServerResponse(req) };
}

async function timeOfPeeking(guard, calls) {
  const sends = Array.from({ length: calls }, () => sendTo(JSON.parse(randomSendJson()).receiver.contacts[0]));
  let open = 0;
  const elapsed = await processorTimeOf(() => {
    for (const send of sends) if (guard.peek(send)?.action === 'send') open += 1;
  });
  if (open !== calls) throw new Error(`guard.peek knew ${open} windows of ${calls}`);
  return elapsed / calls;
}
