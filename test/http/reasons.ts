import { type Decision, memoryStore } from 'freeform-guard';
import type { Fault } from 'freeform-guard/sandbox';
import { sendPath } from '../support/service.js';
import { PHONE, TEXT, templateMessage, textMessage, type World, type WorldOptions } from '../support/world.js';

const HOUR = 3_600_000;
const STRANGER = '00000000-0000-4000-8000-000000000000';

/** A world and a request in it for which the guard has one certain reason. */
export interface Situation {
  readonly verdict: Decision['verdict'];
  readonly world?: WorldOptions;
  arrange?(world: World): unknown;
  message?(): unknown;
  path?(world: World): string;
}

const store = memoryStore();

/** Every reason that a request over HTTP can have. A new reason does not compile until it stands here. */
const table: Readonly<Record<Exclude<Decision['reason'], 'opted_out' | 'too_many_recipients'>, Situation>> = {
  template: { verdict: 'allow', message: templateMessage },
  no_service_window: { verdict: 'allow', world: { platformId: 'sms-messagebird' } },
  permanent_session: { verdict: 'allow', world: { sandbox: { permanentSession: true } } },
  service_window_open: { verdict: 'allow', arrange: (world) => world.customerWrites() },
  human_agent_window: {
    verdict: 'allow',
    world: { platformId: 'instagram' },
    arrange: ({ guard, sandbox, workspace, channel, contact }) =>
      guard.observeInbound({
        ...{ workspaceId: workspace.id, channelId: channel.id, contactId: contact.id, address: PHONE },
        at: sandbox.clock.now() - 25 * HOUR,
      }),
    message: () => textMessage({ meta: { extraInformation: { useCase: 'conversation' } } }),
  },
  service_window_closed: { verdict: 'deny' },
  channel_inactive: {
    verdict: 'deny',
    arrange: ({ workspace, channel }) => workspace.setChannel(channel.id, { status: 'paused' }),
  },
  outgoing_unavailable: {
    verdict: 'deny',
    arrange: ({ workspace, channel }) =>
      workspace.setChannel(channel.id, { capabilities: { messaging: { messaging: { status: 'disabled' } } } }),
  },
  quota_spent: {
    verdict: 'deny',
    world: { platformId: 'tiktok', guard: { store } },
    arrange: ({ sandbox, workspace, channel }) => {
      const now = sandbox.clock.now();
      const sent = Array.from({ length: 10 }, (_, index) => ({ id: `message ${index}`, at: now - index }));
      const key = { workspaceId: workspace.id, channelId: channel.id, address: PHONE };
      return store.merge(key, { lastInboundAt: now - HOUR, sent });
    },
  },
  window_unknown: { verdict: 'unknown', world: { platformId: 'apple-business-chat' } },
  platform_unknown: { verdict: 'unknown', world: { platformId: 'carrier-pigeon' } },
  lookup_failed: { verdict: 'unknown', arrange: answerWith({ status: 500, body: { message: `${PHONE} ${TEXT}` } }) },
  lookup_budget_spent: {
    verdict: 'unknown',
    arrange: async (world) => {
      world.sandbox.setFault(() => ({ status: 429, headers: { 'retry-after': '10' }, body: PHONE }));
      await world.guard.check(world.send());
    },
  },
  deadline_exceeded: {
    verdict: 'unknown',
    arrange: ({ sandbox }) =>
      sandbox.setFault(() => {
        setImmediate(() => sandbox.clock.advance(800));
        return { stall: 'headers' };
      }),
  },
  access_denied: { verdict: 'unknown', arrange: ({ workspace }) => workspace.revokeKey() },
  channel_not_found: {
    verdict: 'unknown',
    path: (world) => sendPath(world).replace(world.channel.id, STRANGER),
  },
  contact_not_found: {
    verdict: 'unknown',
    arrange: answerWith({ status: 404, body: { code: 'NotFound', message: `no contact with ${PHONE}` } }, 'contact'),
  },
  workspace_unknown: { verdict: 'unknown', path: (world) => sendPath(world).replace(world.workspace.id, STRANGER) },
  address_unresolved: {
    verdict: 'unknown',
    message: () =>
      textMessage({ receiver: { contacts: [{ identifierValue: PHONE, platformAddressSelector: 'latest' }] } }),
  },
  bad_id: { verdict: 'unknown', path: ({ workspace }) => `/workspaces/${workspace.id}/channels/%2e%2e/messages` },
  malformed_answer: { verdict: 'unknown', arrange: answerWith({ status: 200, body: { id: PHONE, note: TEXT } }) },
  unclassified_message: { verdict: 'unknown', message: () => ({ note: TEXT, to: PHONE }) },
  template_unsupported: { verdict: 'unknown', world: { platformId: 'facebook' }, message: templateMessage },
};

export const situations: readonly (readonly [string, Situation])[] = Object.entries(table);

function answerWith(fault: Fault, kind?: string): (world: World) => void {
  return ({ sandbox }) =>
    sandbox.setFault((request) => (kind === undefined || request.kind === kind ? fault : undefined));
}
