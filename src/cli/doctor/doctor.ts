import { parseOptions, requireBaseUrl, requireId, requireKey } from '../command-line.js';
import type { Command } from '../shell.js';
import { diagnose } from './diagnose.js';
import { renderDiagnosis } from './render-diagnosis.js';

const usage = `Usage: npx freeform-guard doctor --workspace ID --channel ID [--contact ID] [--json] [--base-url URL]

Checks with read-only requests to Bird whether the guard can work, and names the first thing to fix.
The access key comes from the environment variable BIRD_ACCESS_KEY.

  --workspace ID   the workspace, a UUID
  --channel ID     the channel, a UUID
  --contact ID     the contact whose window to read, a UUID; without it, only the permission is checked
  --json           print the findings as JSON; problem.advice is what to fix, and absent if the guard can work
  --base-url URL   https, or http on loopback; default https://api.bird.com
  --help           show this text

Exit status: 0 the guard can work, 1 the last line says what to fix, 2 invalid usage.
`;

const options = {
  workspace: { type: 'string' },
  channel: { type: 'string' },
  contact: { type: 'string' },
  json: { type: 'boolean' },
  'base-url': { type: 'string' },
} as const;

export const doctor: Command = {
  usage,
  run: async ({ args, env, fetch, clock, style, writeOut }) => {
    const { workspace, channel, contact, json, 'base-url': baseUrl } = parseOptions(args, options);
    const diagnosis = await diagnose({
      workspaceId: requireId('workspace', workspace),
      channelId: requireId('channel', channel),
      contactId: contact === undefined ? undefined : requireId('contact', contact),
      baseUrl: requireBaseUrl(baseUrl),
      accessKey: requireKey(env),
      fetch,
      clock,
    });
    writeOut(json === true ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderDiagnosis(diagnosis, style));
    return diagnosis.problem === undefined ? 0 : 1;
  },
};
