import type { ChannelReport, ContactReport, FailedFinding, Finding, Problem, ReadFailure } from './diagnosis.js';

export interface Findings {
  readonly channel: Finding<ChannelReport>;
  readonly contact: Finding<ContactReport>;
  readonly isContactGiven: boolean;
  /** Whether the key may list the workspace's channels; checked only if it may not read the channel. */
  readonly mayList: boolean;
  readonly medianReadMs: number | undefined;
}

/** The first thing to fix, in the order in which the guard would fail; `undefined`: it can work. */
export function findProblem(found: Findings): Problem | undefined {
  return problemOfChannel(found) ?? problemOfContact(found) ?? problemOfSpeed(found.medianReadMs);
}

const CHANNEL_PATH = '`/workspaces/*/channels/*`';
const CONTACT_PATH = '`/workspaces/*/channels/*/contacts/*`';

function problemOfChannel({ channel, contact, mayList }: Findings): Problem | undefined {
  if (channel.result === 'not_asked') return undefined;
  if (channel.result === 'forbidden') {
    const paths = contact.result === 'forbidden' ? `${CHANNEL_PATH} and ${CONTACT_PATH}` : CHANNEL_PATH;
    const owner = mayList ? '' : ', and make sure that the key belongs to this workspace';
    return {
      code: 'channel_forbidden',
      advice: `The key has no permission to read the channel (403): add ${paths} to its access policy${owner}.`,
    };
  }
  if (channel.result !== 'ok') return { code: channel.result, advice: adviceOn[channel.result](channel, 'channel') };
  return problemOfFacts(channel.facts);
}

function problemOfFacts({ status, maySend, outgoing, window, platformId }: ChannelReport): Problem | undefined {
  if (maySend === false) {
    return { code: 'channel_inactive', advice: `The channel is ${status} and cannot send: activate it in Bird.` };
  }
  if (outgoing === 'unavailable') {
    const advice = "The channel's outgoing capability is off or has expired: enable it in Bird.";
    return { code: 'outgoing_unavailable', advice };
  }
  if (window === undefined) {
    const name = platformId ?? 'of this channel';
    const advice = `The guard does not know the platform ${name}, nor when its window closes: set the \`mode\` of this channel to \`off\`, and report the platform.`;
    return { code: 'platform_unknown', advice };
  }
  return undefined;
}

function problemOfContact({ channel, contact, isContactGiven }: Findings): Problem | undefined {
  // On a platform without a window, the guard never reads a contact.
  const isNeeded = channel.result === 'ok' && channel.facts.window !== null;
  if (!isNeeded || contact.result === 'ok' || contact.result === 'not_asked') return undefined;
  if (contact.result === 'forbidden') {
    const advice = `The key has no permission to read contacts (403), and so no window: add ${CONTACT_PATH} to its access policy.`;
    return { code: 'contact_forbidden', advice };
  }
  const isFine = contact.result === 'contact_not_found' && !isContactGiven;
  return isFine ? undefined : { code: contact.result, advice: adviceOn[contact.result](contact, 'contact') };
}

/** The timeout of one attempt at the guard's default `deadlineMs` of 800. */
const ATTEMPT_MS = 400;

function problemOfSpeed(medianReadMs: number | undefined): Problem | undefined {
  if (medianReadMs === undefined || medianReadMs <= ATTEMPT_MS) return undefined;
  const deadlineMs = Math.ceil((medianReadMs * 3) / 100) * 100;
  const advice = `A read takes ${Math.round(medianReadMs)} ms, but the guard allows ${ATTEMPT_MS} ms by default: run it closer to Bird, or set \`deadlineMs\` to ${deadlineMs}.`;
  return { code: 'slow_reads', advice };
}

type Advice = (finding: FailedFinding, target: 'channel' | 'contact') => string;

/** What to do about each failed read. */
const adviceOn: Readonly<Record<Exclude<ReadFailure, 'forbidden'>, Advice>> = {
  key_refused: (_, target) =>
    `Bird refused the key for the ${target} (401): set BIRD_ACCESS_KEY to a valid key of this workspace.`,
  channel_not_found: () => 'The channel does not exist in this workspace (404): check --channel and --workspace.',
  contact_not_found: () => 'The contact does not exist in this workspace (404): check --contact.',
  not_found: (_, target) =>
    `The read of the ${target} returned 404, but not in Bird's format: check --base-url, then the ids.`,
  throttled: () =>
    "Bird refuses reads at the moment (429): something else uses up the workspace's read limit; slow it down, and run this again.",
  redirected: ({ status }) =>
    `The answer is a redirect (${status}), which the guard never follows, because the key would be sent along: set --base-url to the final address.`,
  server_error: ({ status }) =>
    `Bird fails at the moment (${status}): run this again later, and check Bird's status page.`,
  unexpected_status: ({ status }, target) =>
    `The read of the ${target} returned the unexpected status ${status}: check --base-url and the ids.`,
  malformed: (_, target) =>
    `The answer about the ${target} is not in Bird's documented format: check that --base-url is Bird's and not a proxy's; if it is Bird's, update freeform-guard.`,
  timed_out: () => 'No complete answer arrived within 5 s: check the network and --base-url.',
  unreachable: ({ networkCode }) =>
    `The connection failed${networkCode === undefined ? '' : ` (${networkCode})`}: check the network, proxies, firewalls and --base-url.`,
};
