import { createSandbox, type Sandbox, type SandboxWorkspace } from 'freeform-guard/sandbox';
import { type Customer, WINDOW_MS } from './customers.js';

/** Before the oldest message of any customer. */
export const HISTORY_MS: number = 3 * WINDOW_MS + 60_000;

/** The sandbox as a real server in real time. It counts what arrives. */
export interface Bird {
  readonly url: string;
  readonly workspace: SandboxWorkspace;
  readonly channelId: string;
  /** When each read arrived, by this process's clock that only grows. */
  readonly reads: readonly number[];
  /** How many requests it has refused as too many. */
  refused(): number;
  /** What was written before now, in order. Afterwards the clock shows the real time. */
  remember(customers: readonly Customer[]): void;
  /** The customer writes now; the instant is the truth. */
  write(customer: Customer): number;
  close(): Promise<void>;
}

export async function startBird(): Promise<Bird> {
  const reads: number[] = [];
  const sandbox = await createSandbox({ startAt: Date.now() - HISTORY_MS });
  const workspace = sandbox.addWorkspace();
  const { id: channelId } = workspace.addChannel({ platformId: 'whatsapp' });
  const receive = ({ contactId }: Customer): void => void workspace.receiveInbound({ channelId, contactId });
  sandbox.setFault(({ method }) => {
    if (method === 'GET') reads.push(performance.now());
    catchUp(sandbox, Date.now());
    return undefined;
  });
  return {
    url: sandbox.url,
    workspace,
    channelId,
    reads,
    refused: () => sandbox.requests().filter(({ status }) => status === 429).length,
    remember: (customers) => {
      const wrote = customers.flatMap((customer) => customer.inbounds.map((at) => ({ customer, at })));
      for (const { customer, at } of wrote.toSorted((one, other) => one.at - other.at)) {
        catchUp(sandbox, at);
        receive(customer);
      }
      catchUp(sandbox, Date.now());
    },
    write: (customer) => {
      catchUp(sandbox, Date.now());
      const at = sandbox.clock.now();
      receive(customer);
      customer.inbounds.push(at);
      return at;
    },
    close: () => sandbox.close(),
  };
}

/** The sandbox's clock stands still until it is moved. */
export function catchUp({ clock }: Sandbox, at: number): void {
  if (at > clock.now()) clock.advance(at - clock.now());
}
