import { platformRow } from '../../core/platforms.js';
import type { BirdChannel } from '../model/bird-channel.js';
import { keyOf } from '../model/windows.js';
import type { WorkspaceState } from '../state.js';
import type { Switches } from '../switches.js';

/** Bird's `ChannelContactInformation`. */
export interface WindowReport {
  readonly serviceWindowExpireAt: string | null;
  readonly isPermanentSession?: boolean;
}

/** The window to report, and the instant. */
export interface WindowQuestion {
  readonly workspace: WorkspaceState;
  readonly switches: Switches;
  readonly channel: BirdChannel;
  readonly address: string;
  readonly now: number;
}

/** Bird's report of one address's window on a channel, as the switches shape it. */
export function windowReport(question: WindowQuestion): WindowReport {
  const { workspace, switches, channel, address } = question;
  const target = { channelId: channel.id, address };
  const permanent = workspace.permanentSessions.get(keyOf(target)) ?? switches.permanentSession;
  const serviceWindowExpireAt = reportedEnd(question);
  return permanent === 'absent' ? { serviceWindowExpireAt } : { serviceWindowExpireAt, isPermanentSession: permanent };
}

function reportedEnd({ workspace, switches, channel, address, now }: WindowQuestion): string | null {
  const window = platformRow(channel.platformId, undefined)?.window;
  const target = { channelId: channel.id, address };
  const inboundAt = workspace.windows.lastInboundAt(target, now - switches.readLagMs);
  // A window without an end has no date to report.
  if (!window || !Number.isFinite(window.durationMs) || inboundAt === undefined) return null;
  const endsAt = inboundAt + window.durationMs;
  const isClosed = endsAt <= now;
  return isClosed && switches.closedWindow !== 'past' ? null : new Date(endsAt).toISOString();
}
