import { createGuard, type Guard } from 'freeform-guard';
import { parseOptions, requireBaseUrl, requireId, requireKey, UsageError } from '../command-line.js';
import type { Command, Shell } from '../shell.js';
import { type Findings, renderWindow } from './render-window.js';

const usage = `Usage: npx freeform-guard check --workspace ID --channel ID (--phone NUMBER | --contact ID) [--json] [--base-url URL]

Asks Bird whether one contact can be written to freely now, and says why. It sends nothing.
The access key comes from the environment variable BIRD_ACCESS_KEY. The phone number is not printed.

  --workspace ID   the workspace, a UUID
  --channel ID     the channel, a UUID
  --phone NUMBER   the contact's phone number in international form, with its +
  --contact ID     the contact's id, a UUID
  --json           print the answer as JSON, with instants as epoch ms
  --base-url URL   https, or http on loopback; default https://api.bird.com
  --help           show this text

Exit status: 0 open, 3 closed, 4 unknown, 2 invalid usage.
`;

const options = {
  workspace: { type: 'string' },
  channel: { type: 'string' },
  phone: { type: 'string' },
  contact: { type: 'string' },
  json: { type: 'boolean' },
  'base-url': { type: 'string' },
} as const;

/** Of one question asked by hand: it may take longer than a send may wait. */
const DEADLINE_MS = 10_000;

const exitStatus = { allow: 0, deny: 3, unknown: 4 } as const;

export const check: Command = {
  usage,
  run: async (shell) => {
    const { workspace, channel, phone, contact, json, 'base-url': baseUrl } = parseOptions(shell.args, options);
    const ids = { workspaceId: requireId('workspace', workspace), channelId: requireId('channel', channel) };
    const query = { ...ids, ...requireContact(phone, contact) };
    const guard = createQuietGuard(ids.workspaceId, requireBaseUrl(baseUrl), shell);
    const window = await guard.window(query);
    const findings: Findings = { ...window, cause: guard.health().bird.lastFailure?.cause };
    await guard.close();
    shell.writeOut(json === true ? `${JSON.stringify(findings, null, 2)}\n` : renderWindow(findings, shell.style));
    return exitStatus[window.verdict];
  },
};

type Contact = { readonly contactId: string } | { readonly address: string; readonly identifierKey: 'phonenumber' };

function requireContact(phone: string | undefined, contact: string | undefined): Contact {
  if ((phone === undefined) === (contact === undefined)) throw new UsageError('Give either --phone or --contact');
  if (phone === undefined) return { contactId: requireId('contact', contact) };
  if (!/^\s*\+(?:[\s().-]*\d){7,15}\s*$/.test(phone)) {
    throw new UsageError('--phone must be a number in international form, with its +');
  }
  return { address: phone, identifierKey: 'phonenumber' };
}

/** What it would log is in the answer. */
function createQuietGuard(workspaceId: string, baseUrl: string, { env, fetch, clock }: Shell): Guard {
  const accessKey = requireKey(env);
  const logger = { warn: () => {}, error: () => {} };
  return createGuard({
    workspaces: { [workspaceId]: { accessKey, baseUrl, deadlineMs: DEADLINE_MS } },
    fetch,
    clock,
    logger,
  });
}
