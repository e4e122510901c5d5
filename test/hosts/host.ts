import type { Server } from 'node:http';
import type { Service } from '../../examples/hosts/service.js';

/** A request as a client of the host sends it. */
export interface HostCall {
  readonly method: string;
  readonly path: string;
  /** As it is sent; `undefined`: no body. */
  readonly text?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Aborted where the client leaves. */
  readonly signal?: AbortSignal | undefined;
}

export interface HostReply {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** An application on a host, with a guard in front of what it sends. */
export interface RunningHost {
  /** Where there is a socket that a client can leave. */
  readonly server?: Server | undefined;
  call(call: HostCall): Promise<HostReply>;
  close?(): unknown;
}

export interface HostSend {
  readonly workspaceId: string;
  readonly channelId: string;
  readonly message: unknown;
}

/** What a client sends, and what it finds in the reply. */
export interface Protocol {
  /** The status of an answer to what was sent, or waits. */
  readonly acceptedStatus: number;
  callOf(send: HostSend): HostCall;
  /** The `Freeform-Window` header, or what stands for it. */
  windowOf(reply: HostReply): string | undefined;
  /** The problem, or the note of what is held. */
  answerOf(reply: HostReply): unknown;
}

/** Bird's own path, and the answer as it is. */
export const plainHttp: Protocol = {
  acceptedStatus: 202,
  callOf: ({ workspaceId, channelId, message }) => ({
    method: 'POST',
    path: `/workspaces/${workspaceId}/channels/${channelId}/messages`,
    text: JSON.stringify(message),
    headers: { 'content-type': 'application/json' },
  }),
  windowOf: ({ headers }) => headers['freeform-window'],
  answerOf: ({ text }) => JSON.parse(text),
};

/** A host, by its name in `docs/frameworks.md`. */
export interface Host {
  readonly name: string;
  /** The file of its recipe, in `examples/hosts`. */
  readonly recipe: string;
  /** Starts the recipe's application; a POST to `/echo` is to be answered with its body where `echoes` is true. */
  start(service: Service): RunningHost | Promise<RunningHost>;
  readonly echoes: boolean;
  /** Default: plain HTTP. */
  readonly protocol?: Protocol | undefined;
}
