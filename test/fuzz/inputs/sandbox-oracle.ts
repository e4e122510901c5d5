import { answerRequest } from '../../../src/sandbox/api/api.js';
import { createClock } from '../../../src/sandbox/clock.js';
import { createWorkspaceState, type SandboxState } from '../../../src/sandbox/state.js';
import { createWebhookFeed } from '../../../src/sandbox/webhooks/webhook-feed.js';
import { createWorkspace } from '../../../src/sandbox/workspace.js';
import { KEY, NOW, PHONE, WORKSPACE } from '../values/ids.js';

/** What the local Bird makes of a message to somebody whose window is closed. */
export type SandboxAnswer = 'refused' | 'late' | 'template' | 'other';

/** The local Bird without its server: what it does not take for a template is lost as late. */
export function sandboxAnswer(message: unknown): SandboxAnswer {
  const clock = createClock(NOW);
  const switches = { lateFailureAfterMs: 1_000 };
  const state: SandboxState = { clock, workspaces: new Map(), feed: createWebhookFeed(clock), arrivals: [], switches };
  const workspace = createWorkspaceState({ id: WORKSPACE, accessKey: KEY }, {});
  state.workspaces.set(WORKSPACE, workspace);
  const handle = createWorkspace(state, workspace);
  const channel = handle.addChannel({ platformId: 'whatsapp' });
  handle.addContact({ identifiers: [{ key: 'phonenumber', value: PHONE }] });
  const url = new URL(`http://127.0.0.1/workspaces/${WORKSPACE}/channels/${channel.id}/messages`);
  const body = Buffer.from(JSON.stringify(message) ?? '');
  const { status } = answerRequest(state, { method: 'POST', url, authorization: `AccessKey ${KEY}`, body });
  const [accepted] = workspace.messages.values();
  if (status !== 202 || accepted === undefined) return 'refused';
  clock.advance({ days: 36 });
  const [ended] = workspace.messages.values();
  const code = ended !== undefined && 'failure' in ended ? ended.failure?.source?.code : undefined;
  if (code === '131047') return 'late';
  return code?.startsWith('132') === true ? 'template' : 'other';
}
