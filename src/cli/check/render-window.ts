import type { WindowStatus } from 'freeform-guard';
import type { LookupTrouble } from '../../errors.js';
import { toLength } from '../printable.js';
import type { Style } from '../shell.js';

export interface Findings extends WindowStatus {
  /** Why Bird gave no usable answer, in the words of the guard's log. */
  readonly cause: LookupTrouble | undefined;
}

/** The answer as text. Its first line says whether the window is open. */
export function renderWindow(findings: Findings, style: Style): string {
  const { verdict, reason, cause, source } = findings;
  const [format, word] = words[verdict];
  const lines = [
    row('window', style(format, `${word}${extentOf(findings)}`)),
    row('reason', `${reason}: ${texts[reason]}`),
    ...(verdict === 'unknown' && cause !== undefined ? [row('cause', cause)] : []),
    row('source', source === 'bird' ? "Bird's answer" : 'none'),
  ];
  const advice =
    verdict === 'unknown' ? ['', 'Run the doctor to see what is wrong: npx freeform-guard doctor --help'] : [];
  return `${[...lines, ...advice].join('\n')}\n`;
}

function row(label: string, text: string): string {
  return `${label.padEnd(8)}${text}`;
}

const words = { allow: ['green', 'open'], deny: ['red', 'closed'], unknown: ['yellow', 'unknown'] } as const;

function extentOf({ verdict, openUntil, closedAt, checkedAt }: Findings): string {
  if (verdict === 'allow') {
    return openUntil === null
      ? ', without an end'
      : ` until ${textOf(openUntil)}, for ${toLength(openUntil - checkedAt)}`;
  }
  return closedAt === null ? '' : ` since ${textOf(closedAt)}, for ${toLength(checkedAt - closedAt)}`;
}

function textOf(at: number): string {
  return new Date(at).toISOString();
}

const texts: Readonly<Record<WindowStatus['reason'], string>> = {
  template: 'a template needs no window',
  no_service_window: 'the platform takes free-form messages at any time',
  permanent_session: 'Bird says that the session has no end',
  service_window_open: 'the customer wrote recently enough',
  human_agent_window: 'a human may still answer',
  service_window_closed: 'the customer wrote too long ago, or never',
  channel_inactive: "the channel's status sends nothing",
  outgoing_unavailable: "the channel's capability to send is off or has expired",
  quota_spent: "the platform's limit of messages since the customer's last one is reached",
  opted_out: 'the contact does not want free-form messages',
  window_unknown: "nothing is known about the contact's window",
  platform_unknown: 'the guard does not know the platform',
  lookup_failed: 'Bird could not be reached, or answered with an error',
  lookup_budget_spent: 'Bird refuses reads at the moment',
  deadline_exceeded: 'Bird did not answer in time',
  access_denied: 'Bird refused the access key, or the key may not read this',
  channel_not_found: 'Bird does not know the channel in this workspace',
  contact_not_found: 'Bird does not know the contact',
  workspace_unknown: 'the workspace is not known',
  address_unresolved: 'it is not clear whose window counts',
  bad_id: 'an id is not a UUID',
  malformed_answer: "Bird's answer cannot be read",
  unclassified_message: 'the message cannot be read',
  template_unsupported: 'the platform has no templates',
  too_many_recipients: 'too many recipients',
};
