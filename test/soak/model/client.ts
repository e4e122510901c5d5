import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Customer } from '../../fleet/model/customers.js';
import { isOpenThroughout, isOpenWithin } from '../../fleet/model/customers.js';
import type { Random } from '../../simulation/model/random.js';
import type { Place } from './bird.js';

/** The two clocks are rounded, and both sides of a window's end are right then. */
const ROUNDING_MS = 5;

export interface Send {
  readonly port: number;
  readonly place: Place;
  readonly customer: Customer;
  /** Another customer on the same channel, who gets it too. */
  readonly second?: Customer | undefined;
  /** The client does not wait for its answer. */
  readonly leavesAfterMs?: number | undefined;
}

/** The clients of the services. They count what became of each request. */
export class Client {
  readonly agent: Agent = new Agent({ keepAlive: true, maxSockets: 256 });
  readonly mistakes: string[] = [];
  readonly verdicts: Map<string, number> = new Map();
  sent = 0;
  answered = 0;
  left = 0;
  readonly #random: Random;
  #open = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Requests that wait for their answers. */
  get open(): number {
    return this.#open;
  }

  send(send: Send): void {
    const { port, place, leavesAfterMs } = send;
    const body = JSON.stringify(this.#message(send));
    const path = `/workspaces/${place.workspace.id}/channels/${place.channelId}/messages`;
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const askedAt = Date.now();
    this.sent += 1;
    this.#open += 1;
    const req = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: this.agent });
    const closed = new Promise<IncomingMessage | Error>((resolve) => {
      req.on('response', (res) => {
        res.on('end', () => resolve(res)).on('error', resolve);
        res.resume();
      });
      req.on('error', resolve);
    });
    void closed.then((answer) => this.#settle(send, askedAt, answer));
    req.end(body);
    if (leavesAfterMs !== undefined) this.#leave(req, leavesAfterMs);
  }

  close(): void {
    this.agent.destroy();
  }

  #leave(req: ClientRequest, afterMs: number): void {
    setTimeout(() => req.destroy(), afterMs);
  }

  #settle(send: Send, askedAt: number, answer: IncomingMessage | Error): void {
    this.#open -= 1;
    if (answer instanceof Error) {
      if (send.leavesAfterMs === undefined) this.#mistake(`no answer: ${answer.message}`);
      this.left += 1;
      return;
    }
    this.answered += 1;
    const status = answer.statusCode ?? 0;
    if (status !== 202 && status !== 409) this.#mistake(`answered with ${status}`);
    const window = String(answer.headers['freeform-window'] ?? 'no header');
    const verdict = /verdict=(\w+)/.exec(window)?.[1] ?? 'none';
    const reason = /reason=(\w+)/.exec(window)?.[1] ?? 'none';
    const name = `${verdict} ${reason}`;
    this.verdicts.set(name, (this.verdicts.get(name) ?? 0) + 1);
    if (isWrong(send, verdict, reason, askedAt)) this.#mistake(`wrong: ${window}`);
  }

  #mistake(text: string): void {
    if (this.mistakes.length < 20) this.mistakes.push(text);
  }

  /** Free text or a template, to an address or an id, to one or to two. */
  #message({ customer, second }: Send): object {
    const receivers = [customer, ...(second === undefined ? [] : [second])].map(({ address, contactId }) =>
      this.#random.chance(0.2) ? { id: contactId } : { identifierKey: 'phonenumber', identifierValue: address },
    );
    const receiver = { contacts: receivers };
    if (this.#random.chance(0.03))
      return { receiver, template: { projectId: contactId, version: 'latest', locale: 'en' } };
    return { receiver, body: { type: 'text', text: { text: 'Your parcel is on its way' } } };
  }
}

const contactId = '00000000-0000-4000-8000-000000000000';

/** As the fleet's oracle, from outside: between the request and its answer. */
function isWrong({ customer, second }: Send, verdict: string, reason: string, askedAt: number): boolean {
  if (second !== undefined) return false;
  const [from, to] = [askedAt - ROUNDING_MS, Date.now() + ROUNDING_MS];
  if (verdict === 'allow') return reason === 'service_window_open' && !isOpenWithin(customer, from, to);
  return verdict === 'deny' && (reason !== 'service_window_closed' || isOpenThroughout(customer, from, to));
}
