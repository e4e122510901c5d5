/** A customer's message at the webhook receiver, beside what every receiver must do: raw body, HMAC, parse, answer. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import express from 'express';
import { addressOf, CHANNEL_ID, CONTACTS, contactIdOf, randomBelow, WORKSPACE_ID } from '../contacts.mjs';
import { interleave, processorTimeOf } from '../rounds.mjs';
import { createWarmGuard } from '../warm-guard.mjs';

const URL_OF_RECEIVER = 'https://shop.example/webhooks/bird';
const KEY = 'the signing key of the bench';

export async function measure({ builds, isSmoke }) {
  const { calls, ...plan } = isSmoke ? { calls: 30, rounds: 2 } : { calls: 50, rounds: 150, warmUps: 50 };
  const guards = await Promise.all(builds.map((build) => createWarmGuard(build)));
  const options = { publicUrl: URL_OF_RECEIVER, workspaceId: WORKSPACE_ID, signingKeys: [KEY] };
  const candidates = [
    { name: 'raw, HMAC and parse', handle: createBaseline() },
    ...guards.map(({ library, guard }, index) => ({
      name: builds[index].name,
      handle: library.webhookReceiver(guard, options),
    })),
  ];
  const samples = await interleave(candidates, (candidate) => timeOf(candidate, calls), plan);
  for (const { close } of guards) await close();
  return { webhook: samples };
}

function createBaseline() {
  const raw = express.raw({ type: '*/*', limit: '1mb' });
  return (req, res) =>
    raw(req, res, (error) => {
      const claimed = Buffer.from(req.headers['messagebird-signature'], 'base64');
      const isSigned = timingSafeEqual(macOf(req.headers['messagebird-request-timestamp'], req.body), claimed);
      const event = JSON.parse(req.body.toString());
      res.statusCode = error === undefined && isSigned && event.service === 'channels' ? 200 : 400;
      res.setHeader('Content-Type', 'application/json');
      res.end('{"code":"accepted"}');
    });
}

function macOf(timestamp, body) {
  const digest = createHash('sha256').update(body).digest();
  return createHmac('sha256', KEY).update(`${timestamp}\n${URL_OF_RECEIVER}\n`).update(digest).digest();
}

/** Microseconds a delivery. */
async function timeOf({ name, handle }, calls) {
  const deliveries = Array.from({ length: calls }, createDelivery);
  const elapsed = await processorTimeOf(async () => {
    for (const { req, res } of deliveries) {
      const answered = new Promise((resolve) => {
        res.end = (...args) => resolve(ServerResponse.prototype.end.apply(res, args));
      });
      handle(req, res);
      await answered;
    }
  });
  const refused = deliveries.find(({ res }) => res.statusCode !== 200);
  if (refused !== undefined) throw new Error(`${name} answered ${refused.res.statusCode}`);
  return elapsed / calls;
}

const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });

function createDelivery() {
  const body = Buffer.from(JSON.stringify(createEvent(randomBelow(CONTACTS))));
  const timestamp = String(Math.floor(Date.now() / 1000));
  const req = new IncomingMessage(socket);
  const headers = {
    'content-type': 'application/json',
    'content-length': String(body.length),
    'messagebird-request-timestamp': timestamp,
    'messagebird-signature': macOf(timestamp, body).toString('base64'),
  };
  Object.assign(req, { method: 'POST', url: '/webhooks/bird', headers, complete: true });
  req.push(body);
  req.push(null);
  return { req, res: new ServerResponse(req) };
}

/** With the fields that Bird's events have in production. */
function createEvent(index) {
  const at = new Date().toISOString();
  return {
    service: 'channels',
    event: 'whatsapp.inbound',
    payload: {
      id: contactIdOf(randomBelow(2 ** 40)),
      channelId: CHANNEL_ID,
      sender: {
        contact: { id: contactIdOf(index), identifierKey: 'phonenumber', identifierValue: addressOf(index) },
      },
      receiver: { connector: { id: '60bf59d6-fc6f-4511-89c4-75d9127d7a7c', identifierValue: '' } },
      body: { type: 'text', text: { text: `Where is parcel ${randomBelow(1e9)}?` } },
      meta: { extraInformation: { timestamp: String(Math.floor(Date.now() / 1000)) } },
      reference: '',
      parts: [{ platformReference: `wamid.${randomBelow(2 ** 40)}` }],
      status: 'delivered',
      reason: '',
      direction: 'incoming',
      lastStatusAt: at,
      createdAt: at,
      updatedAt: at,
    },
  };
}
