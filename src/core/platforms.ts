import { own } from './own.js';
import type { PlatformRow } from './types.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const withoutWindow: PlatformRow = { window: null };

/**
 * The window rules of each platform, by platform. `docs/platforms.md` has the sources and the day they were read. A
 * platform that is not listed has no known rule, and its sends are `platform_unknown`.
 */
export const platforms: Readonly<Record<string, PlatformRow>> = {
  // Closed at exactly 24 h. The 72 h free entry point concerns the price, not the window.
  whatsapp: { window: { durationMs: DAY }, hasTemplates: true },
  // Meta's HUMAN_AGENT tag gives a human 7 days; automation may never use it.
  facebook: { window: { durationMs: DAY, humanAgentMs: 7 * DAY } },
  instagram: { window: { durationMs: DAY, humanAgentMs: 7 * DAY } },
  tiktok: { window: { durationMs: 2 * DAY, quota: 10 } },
  wechat: { window: { durationMs: 2 * DAY, quota: 5 }, hasTemplates: true },
  // Viber Business Messages; the sixth message in a row without a reply is refused.
  viber: { window: { durationMs: DAY, quota: 5 }, hasTemplates: true },
  'viber-bot': withoutWindow,
  zalo: { window: { durationMs: 2 * DAY, quota: 8 }, hasTemplates: true },
  // Open until the customer closes it, which only a refusal shows, or 30 days pass.
  kakaotalk: { window: { durationMs: 30 * DAY }, hasTemplates: true },
  // The customer must have written once; then there is no end by time. Bird's null may mean "never" or "no end".
  'apple-business-chat': { window: { durationMs: Number.POSITIVE_INFINITY, nullSaysNothing: true } },
  'google-business-messages': { window: { durationMs: 30 * DAY } },
  // Five replies within 24 h are free of the daily limit; later ones count towards it but are not refused.
  twitter: withoutWindow,
  // No source states a window.
  linkedin: withoutWindow,
  line: withoutWindow,
  telegram: withoutWindow,
  rcs: withoutWindow,
  sms: withoutWindow,
  email: withoutWindow,
  voice: withoutWindow,
  webchat: withoutWindow,
  slack: withoutWindow,
  discord: withoutWindow,
};

/** Other names under which Bird and its users know a platform. */
const aliases: Readonly<Record<string, string>> = {
  messenger: 'facebook',
  'facebook-messenger': 'facebook',
  'viber-business-messages': 'viber',
  'apple-messages': 'apple-business-chat',
  kakao: 'kakaotalk',
  'web-chat': 'webchat',
  x: 'twitter',
};

/** Platforms that Bird runs through several connectors: `sms-messagebird`, `email-sparkpost`, `voice-messagebird`. */
const families: readonly string[] = ['sms', 'email', 'voice', 'rcs'];

/** The platform of a Bird `platformId`, a key of `platforms`; `undefined` if it is not in the table. */
export function platformOf(platformId: unknown): string | undefined {
  if (typeof platformId !== 'string') return undefined;
  if (Object.hasOwn(platforms, platformId)) return platformId;
  const alias = own(aliases, platformId);
  if (typeof alias === 'string') return alias;
  const family = platformId.slice(0, Math.max(0, platformId.indexOf('-')));
  return families.includes(family) ? family : undefined;
}

/** A name goes into labels of metrics, log lines and answers: what Bird calls a platform is cut off there. */
const MAX_PLATFORM_NAME = 40;

/** The platform's name in the table; a `platformId` that the table does not know is its own name, cut short. */
export function platformName(platformId: string): string {
  return platformOf(platformId) ?? platformId.slice(0, MAX_PLATFORM_NAME);
}

/** The row for a `platformId`: the caller's own, else the table's. */
export function platformRow(platformId: unknown, overrides: unknown): PlatformRow | undefined {
  const platform = platformOf(platformId);
  const given = overrides === undefined ? undefined : overrideOf(platformId, platform, overrides);
  if (given !== undefined) return isPlatformRow(given) ? given : undefined;
  return platform === undefined ? undefined : platforms[platform];
}

/** The length of a platform's window after a customer's message, in ms; 0 if it has none, or is not in the table. */
export function windowMs(platformId: unknown): number {
  return platformRow(platformId, undefined)?.window?.durationMs ?? 0;
}

/** The same, or the longer window in which a human may answer; a day if it has none, or is not in the table. */
export function longestWindowMs(platformId: unknown): number {
  const window = platformRow(platformId, undefined)?.window;
  const humanAgentMs = own(window, 'humanAgentMs');
  return typeof humanAgentMs === 'number' ? humanAgentMs : (window?.durationMs ?? DAY);
}

function overrideOf(platformId: unknown, platform: string | undefined, overrides: unknown): unknown {
  const byId = typeof platformId === 'string' ? own(overrides, platformId) : undefined;
  return byId ?? (platform === undefined ? undefined : own(overrides, platform)) ?? undefined;
}

function isPlatformRow(row: unknown): row is PlatformRow {
  const window = own(row, 'window');
  if (window === null) return true;
  const durationMs = own(window, 'durationMs');
  if (typeof durationMs !== 'number' || !(durationMs > 0)) return false;
  return isAbsentOrCount(own(window, 'humanAgentMs')) && isAbsentOrCount(own(window, 'quota'));
}

function isAbsentOrCount(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0);
}
