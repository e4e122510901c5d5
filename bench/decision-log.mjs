// A decision log as a busy day leaves it: replies in daytime, a campaign at noon, an hour without Bird.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const DAY_MS = 86_400_000;

const closed = { verdict: 'deny', reason: 'service_window_closed', source: 'bird' };

/** What a decision is, up to a share of them. On SMS there is no window. */
const kinds = [
  [0.7, { verdict: 'allow', reason: 'service_window_open', fate: 'send', source: 'memory' }],
  [0.8, { verdict: 'allow', reason: 'service_window_open', fate: 'send', source: 'bird' }],
  [0.97, { verdict: 'allow', reason: 'template', fate: 'send', source: 'none' }],
  [0.983, { ...closed, fate: 'block' }],
  [0.992, { ...closed, fate: 'reroute' }],
  [0.996, { ...closed, fate: 'hold' }],
  [0.998, { verdict: 'unknown', reason: 'lookup_budget_spent', fate: 'send', source: 'none' }],
  [1, { verdict: 'deny', reason: 'opted_out', fate: 'block', source: 'none' }],
];
const windowless = { verdict: 'allow', reason: 'no_service_window', fate: 'send', source: 'memory' };
const unreachable = { verdict: 'unknown', reason: 'lookup_failed', fate: 'send', source: 'none' };

function kindOf({ platform }, hour, share) {
  const kind = kinds.find(([limit]) => share < limit)[1];
  if (platform === 'sms' && kind.reason !== 'opted_out') return windowless;
  return hour >= 16 && hour < 16.5 && kind.source === 'bird' ? unreachable : kind;
}

/** @param mode `observe` or `enforce`, or a function of the workspace's number */
export async function writeDecisionLog(
  path,
  { decisions, mode = () => 'observe', at = Date.UTC(2026, 10, 27), random = Math.random },
) {
  const workspaces = Array.from({ length: 12 }, () => randomUUID());
  const channels = workspaces.flatMap((workspaceId) =>
    ['whatsapp', 'whatsapp', 'sms', 'facebook', 'instagram'].map((platform) => ({
      workspaceId,
      platform,
      channelId: randomUUID(),
    })),
  );
  const file = createWriteStream(path);
  let lines = '';
  for (let index = 0; index < decisions; index += 1) {
    const hour = 24 * (index / decisions + ((0.18 * Math.sin((2 * Math.PI * index) / decisions)) / (2 * Math.PI)) * 4);
    const channel = channels[Math.floor(random() ** 2 * channels.length)];
    const { verdict, reason, fate, source } = kindOf(channel, hour, random());
    const inForce = mode(workspaces.indexOf(channel.workspaceId));
    const { workspaceId, channelId, platform } = channel;
    lines += `${JSON.stringify({
      at: Math.round(at + (hour / 24) * DAY_MS),
      ...{ workspaceId, channelId, platform, verdict, reason },
      action: inForce === 'observe' ? 'send' : fate,
      ...(inForce === 'observe' ? { wouldBe: fate } : {}),
      mode: inForce,
      source,
      durationMs: source === 'bird' ? 38.214 : 0.012,
      recipients: 1,
    })}\n`;
    if (lines.length > 1_000_000 || index === decisions - 1) {
      if (!file.write(lines)) await once(file, 'drain');
      lines = '';
    }
  }
  file.end();
  await once(file, 'finish');
}
