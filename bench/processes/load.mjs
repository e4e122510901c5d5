/** Posts sends over connections that stay open, one request at a time on each. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { answerMessages } from '../child-process.mjs';
import { randomSendJson, SEND_PATH } from '../contacts.mjs';

const CONNECTIONS = 8;
const socketsByPort = new Map();

answerMessages(async ({ port, count }) => {
  // All requests exist before the first one goes, so that making them costs no time.
  const requests = Array.from({ length: count }, createRequest);
  const sockets = await socketsTo(port);
  const startedAt = performance.now();
  await Promise.all(sockets.map((socket) => postAll(socket, requests)));
  return { elapsedMs: performance.now() - startedAt };
});

async function socketsTo(port) {
  const known = socketsByPort.get(port);
  if (known !== undefined) return known;
  const sockets = Array.from({ length: CONNECTIONS }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  socketsByPort.set(port, sockets);
  return sockets;
}

function createRequest() {
  const json = randomSendJson();
  const head = [
    `POST ${SEND_PATH} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Origin: https://inbox.example',
    'User-Agent: bench',
    'Accept: application/json',
    'Content-Type: application/json',
    `Content-Length: ${json.length}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${json}`);
}

/** Takes requests from the list that all connections share, until none is left. */
async function postAll(socket, requests) {
  for (let request = requests.pop(); request !== undefined; request = requests.pop()) {
    socket.write(request);
    await accepted(socket);
  }
}

function accepted(socket) {
  return new Promise((resolve, reject) => {
    let head = '';
    const settle = (act) => {
      socket.off('data', take).off('close', fail);
      act();
    };
    const fail = () => settle(() => reject(new Error(`A send was not accepted: ${head}`)));
    // The answers have no body: they end where their head does.
    const take = (chunk) => {
      head += chunk.latin1Slice();
      if (!head.startsWith('HTTP/1.1 204 ')) fail();
      else if (head.endsWith('\r\n\r\n')) settle(resolve);
    };
    socket.on('data', take).on('close', fail);
  });
}
