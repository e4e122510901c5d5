import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import * as freeform from 'freeform-guard';
import { onTestFinished } from 'vitest';
import { KEY } from '../http/webhook/webhook-endpoint.js';
import { PHONE, type World } from '../support/world.js';

const silent = { warn: () => {}, error: () => {} };

/** What a block finds under each name; a few are of use to the test as well. */
export interface Names extends Readonly<Record<string, unknown>> {
  readonly channelId: string;
  readonly contactId: string;
  readonly projectId: string;
  /** The path of the world's channel. */
  readonly url: string;
}

type Options = freeform.GuardOptions;
type Workspaces = Readonly<Record<string, freeform.WorkspaceOptions>>;

/** What blocks import and take for granted, with the world's local Bird in the place of Bird. */
export function namesFor({ sandbox, workspace, channel, contact }: World): Names {
  const local = (workspaces: unknown): Workspaces =>
    Object.fromEntries(
      Object.entries(workspaces as Workspaces).map(([id, options]) => [id, { ...options, baseUrl: sandbox.url }]),
    );
  const createGuard = (options: Options): freeform.Guard => {
    const workspaces = local(options.workspaces);
    const guard = freeform.createGuard({
      ...options,
      workspaces,
      clock: sandbox.clock,
      logger: options.logger ?? silent,
    });
    onTestFinished(() => void guard.close());
    const { reload } = guard;
    return Object.assign(guard, { reload: (changed: unknown) => reload(local(changed)) });
  };
  return {
    ...freeform,
    ...{ express, createGuard },
    freeformGuard: (given: Options | freeform.Guard, options?: freeform.MiddlewareOptions) =>
      freeform.freeformGuard('check' in given ? given : createGuard(given), options),
    ...{ workspaceId: workspace.id, accessKey: workspace.accessKey, phone: PHONE, signingKey: KEY },
    ...{ channelId: channel.id, contactId: contact.id, projectId: crypto.randomUUID() },
    smsChannelId: workspace.addChannel({ platformId: 'sms' }).id,
    url: `/workspaces/${workspace.id}/channels/${channel.id}/messages`,
  };
}

export interface Reply {
  readonly status: number;
  readonly contentType: string | null;
  /** The `Freeform-Window` header. */
  readonly window: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  readonly body: any;
}

export type Post = (path: string, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Reply>;

/** Starts an application on a free port. */
export async function serve(app: Express): Promise<Post> {
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async (path, body, headers) => {
    const sent = { 'content-type': 'application/json', ...headers };
    const response = await fetch(origin + path, { method: 'POST', headers: sent, body: JSON.stringify(body) });
    const { status } = response;
    const answer = {
      contentType: response.headers.get('content-type'),
      window: response.headers.get('freeform-window'),
    };
    return { status, ...answer, body: await response.json().catch(() => undefined) };
  };
}
