import type { ChannelReport, ContactReport, FailedFinding, Finding, Problem, ReadFailure } from './diagnosis.js';

export interface Findings {
  readonly channel: Finding<ChannelReport>;
  readonly contact: Finding<ContactReport>;
  readonly isContactGiven: boolean;
  /** The key may list the workspace's channels; asked only when it may not read the channel. */
  readonly mayList: boolean;
  readonly medianReadMs: number | undefined;
}

/** The one thing to fix first, in the order in which the guard would stumble; `undefined`: it can work. */
export function findProblem(found: Findings): Problem | undefined {
  return problemOfChannel(found) ?? problemOfContact(found) ?? problemOfSpeed(found.medianReadMs);
}

const CHANNEL_PATH = '`/workspaces/*/channels/*`';
const CONTACT_PATH = '`/workspaces/*/channels/*/contacts/*`';

function problemOfChannel({ channel, contact, mayList }: Findings): Problem | undefined {
  if (channel.result === 'not_asked') return undefined;
  if (channel.result === 'forbidden') {
    const paths = contact.result === 'forbidden' ? `${CHANNEL_PATH} and ${CONTACT_PATH}` : CHANNEL_PATH;
    const owner = mayList ? '' : ' and make sure that it is a key of this workspace';
    return {
      code: 'channel_forbidden',
      advice: `The key may not read the channel (403): add ${paths} to its access policy${owner}.`,
    };
  }
  if (channel.result !== 'ok') return { code: channel.result, advice: adviceOn[channel.result](channel, 'channel') };
  return problemOfFacts(channel.facts);
}

function problemOfFacts({ status, maySend, outgoing, window, platformId }: ChannelReport): Problem | undefined {
  if (maySend === false) {
    return { code: 'channel_inactive', advice: `The channel is ${status} and sends nothing: activate it at Bird.` };
  }
  if (outgoing === 'unavailable') {
    const advice = "The channel's capability to send messages is off or has run out: switch it on at Bird.";
    return { code: 'outgoing_unavailable', advice };
  }
  if (window === undefined) {
    const name = platformId ?? 'of this channel';
    const advice = `The platform ${name} is not in the guard's table, so the guard cannot tell when its window closes: set the mode of this channel to \`off\`, and report the platform.`;
    return { code: 'platform_unknown', advice };
  }
  return undefined;
}

function problemOfContact({ channel, contact, isContactGiven }: Findings): Problem | undefined {
  // Where there is no window, the guard never asks about a contact.
  const isNeeded = channel.result === 'ok' && channel.facts.window !== null;
  if (!isNeeded || contact.result === 'ok' || contact.result === 'not_asked') return undefined;
  if (contact.result === 'forbidden') {
    const advice = `The key may not read contacts (403), and without them the guard knows no window: add ${CONTACT_PATH} to its access policy.`;
    return { code: 'contact_forbidden', advice };
  }
  const isFine = contact.result === 'contact_not_found' && !isContactGiven;
  return isFine ? undefined : { code: contact.result, advice: adviceOn[contact.result](contact, 'contact') };
}

/** What one attempt gets at the guard's default `deadlineMs` of 800. */
const ATTEMPT_MS = 400;

function problemOfSpeed(medianReadMs: number | undefined): Problem | undefined {
  if (medianReadMs === undefined || medianReadMs <= ATTEMPT_MS) return undefined;
  const deadlineMs = Math.ceil((medianReadMs * 3) / 100) * 100;
  const advice = `A read takes ${Math.round(medianReadMs)} ms, and the guard by default gives it ${ATTEMPT_MS}: run it nearer to Bird, or set \`deadlineMs\` to ${deadlineMs}.`;
  return { code: 'slow_reads', advice };
}

type Advice = (finding: FailedFinding, target: 'channel' | 'contact') => string;

/** THE table of what to do about a read that gave no facts. */
const adviceOn: Readonly<Record<Exclude<ReadFailure, 'forbidden'>, Advice>> = {
  key_refused: (_, target) =>
    `Bird refused the key on the ${target} (401): set BIRD_ACCESS_KEY to a key of this workspace that is in force.`,
  channel_not_found: () => 'Bird knows no such channel in this workspace (404): check --channel and --workspace.',
  contact_not_found: () => 'Bird knows no such contact in this workspace (404): check --contact.',
  not_found: (_, target) =>
    `Bird answered the read of the ${target} with 404, but not in its words: check --base-url, then the ids.`,
  throttled: () =>
    'Bird refuses reads for now (429): something else spends what the workspace may read; slow it down, and run this again.',
  redirected: ({ status }) =>
    `The answer is a redirect (${status}), which the guard never follows, since the key would travel with it: give --base-url the address that answers itself.`,
  server_error: ({ status }) => `Bird fails now (${status}): run this again later, and look at Bird's status page.`,
  unexpected_status: ({ status }, target) =>
    `Bird answered the read of the ${target} with status ${status}, which the guard does not know: check --base-url and the ids.`,
  malformed: (_, target) =>
    `The answer about the ${target} is not what Bird documents: check that --base-url is Bird's and no page of a proxy; if it is, update freeform-guard.`,
  timed_out: () => 'There was no whole answer in 5 s: check the network between here and Bird, and --base-url.',
  unreachable: ({ networkCode }) =>
    `The connection failed${networkCode === undefined ? '' : ` (${networkCode})`}: check the network, a proxy or firewall on the way, and --base-url.`,
};
