import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { longestWindowMs, platformOf, platformRow, platforms, windowMs } from '../../src/core/platforms.js';
import type { PlatformRow } from '../../src/core/types.js';
import { AT, closed, DAY, decide, noServiceWindow, open, windowUnknown } from './support.js';

const HUNDRED_YEARS = 36_525 * DAY;

interface Facts {
  readonly durationMs: number | null;
  readonly humanAgentMs?: number;
  readonly quota?: number;
  readonly hasTemplates?: true;
  readonly platformIds: readonly string[];
}

/** What the platforms' own documents say, written down a second time: a slip in the table shows here. */
const facts: Readonly<Record<string, Facts>> = {
  whatsapp: { durationMs: DAY, hasTemplates: true, platformIds: ['whatsapp'] },
  facebook: {
    durationMs: DAY,
    humanAgentMs: 7 * DAY,
    platformIds: ['facebook', 'messenger', 'facebook-messenger'],
  },
  instagram: { durationMs: DAY, humanAgentMs: 7 * DAY, platformIds: ['instagram'] },
  tiktok: { durationMs: 2 * DAY, quota: 10, platformIds: ['tiktok'] },
  wechat: { durationMs: 2 * DAY, quota: 5, hasTemplates: true, platformIds: ['wechat'] },
  viber: { durationMs: DAY, quota: 5, hasTemplates: true, platformIds: ['viber', 'viber-business-messages'] },
  'viber-bot': { durationMs: null, platformIds: ['viber-bot'] },
  zalo: { durationMs: 2 * DAY, quota: 8, hasTemplates: true, platformIds: ['zalo'] },
  kakaotalk: { durationMs: 30 * DAY, hasTemplates: true, platformIds: ['kakaotalk', 'kakao'] },
  'apple-business-chat': {
    durationMs: Number.POSITIVE_INFINITY,
    platformIds: ['apple-business-chat', 'apple-messages'],
  },
  'google-business-messages': { durationMs: 30 * DAY, platformIds: ['google-business-messages'] },
  twitter: { durationMs: null, platformIds: ['twitter', 'x'] },
  linkedin: { durationMs: null, platformIds: ['linkedin'] },
  line: { durationMs: null, platformIds: ['line'] },
  telegram: { durationMs: null, platformIds: ['telegram'] },
  rcs: { durationMs: null, platformIds: ['rcs', 'rcs-*'] },
  sms: { durationMs: null, platformIds: ['sms', 'sms-*'] },
  email: { durationMs: null, platformIds: ['email', 'email-*'] },
  voice: { durationMs: null, platformIds: ['voice', 'voice-*'] },
  webchat: { durationMs: null, platformIds: ['webchat', 'web-chat'] },
  slack: { durationMs: null, platformIds: ['slack'] },
  discord: { durationMs: null, platformIds: ['discord'] },
};

const everyPlatform = Object.entries(facts);
const withWindow = everyPlatform.flatMap(([platform, { durationMs }]) =>
  durationMs === null ? [] : [[platform, durationMs] as const],
);
const withoutWindow = everyPlatform.filter(([, { durationMs }]) => durationMs === null).map(([platform]) => platform);

describe('the table', () => {
  test('holds these platforms and no other', () => {
    expect(Object.keys(platforms).sort()).toEqual(Object.keys(facts).sort());
  });

  test.each(everyPlatform)(
    '%s has the window, the quota and the templates that its documents state',
    (platform, fact) => {
      const row = platforms[platform];
      expect(row?.window?.durationMs ?? null).toBe(fact.durationMs);
      expect(row?.window?.humanAgentMs).toBe(fact.humanAgentMs);
      expect(row?.window?.quota).toBe(fact.quota);
      expect(row?.hasTemplates).toBe(fact.hasTemplates);
    },
  );

  test("only for Apple does Bird's null say nothing", () => {
    const silent = Object.keys(platforms).filter((platform) => platforms[platform]?.window?.nullSaysNothing);
    expect(silent).toEqual(['apple-business-chat']);
  });

  test('a platform that the guard supports is a key that its owner can override', () => {
    for (const platform of Object.keys(platforms)) {
      const options = { platforms: { [platform]: { window: { durationMs: 1_000 } } } };
      expect(decide({ platformId: platform }, { lastInboundAt: AT }, options)).toEqual(open(AT + 1_000));
    }
  });
});

describe('what a platform with a window decides', () => {
  test.each(withWindow)('%s: nothing known is unknown', (platformId) => {
    expect(decide({ platformId }, {})).toEqual(windowUnknown);
  });

  test.each(withWindow)("%s: Bird's null is closed, except where it says nothing", (platformId) => {
    const expected = platformId === 'apple-business-chat' ? windowUnknown : closed(null);
    expect(decide({ platformId }, { serviceWindowExpireAt: null })).toEqual(expected);
  });

  test.each(withWindow.filter(([, durationMs]) => Number.isFinite(durationMs)))(
    'scenario 1: %s is open one millisecond before its end and closed at it',
    (platformId, durationMs) => {
      const contact = { lastInboundAt: AT };
      const end = AT + durationMs;
      expect(decide({ platformId }, contact, { at: end - 1 })).toEqual(open(end));
      expect(decide({ platformId }, contact, { at: end })).toEqual(closed(end));
      expect(decide({ platformId }, contact, { at: end + 1 })).toEqual(closed(end));
    },
  );

  test('apple-business-chat has no end by time', () => {
    const contact = { lastInboundAt: AT - HUNDRED_YEARS };
    expect(decide({ platformId: 'apple-business-chat' }, contact)).toEqual({
      verdict: 'allow',
      reason: 'service_window_open',
      validUntil: null,
    });
  });

  test.each(withoutWindow)('%s: allowed without any window, as Bird knows none [U12]', (platform) => {
    for (const serviceWindowExpireAt of [null, undefined, '2020-01-01T00:00:00Z', 'never']) {
      for (const platformId of variantsOf(platform)) {
        expect(decide({ platformId }, { serviceWindowExpireAt })).toEqual(noServiceWindow);
      }
    }
  });
});

describe('platformOf', () => {
  test.each(everyPlatform)('%s goes by every one of its platformIds', (platform) => {
    for (const platformId of variantsOf(platform)) {
      expect(platformOf(platformId)).toBe(platform);
      expect(platformRow(platformId, undefined)).toBe(platforms[platform]);
    }
  });

  test.each<[platformId: string, platform: string]>([
    ['whatsapp', 'whatsapp'],
    ['sms-messagebird', 'sms'],
    ['voice-messagebird', 'voice'],
    ['email-sparkpost', 'email'],
    ['email-messagebird', 'email'],
    ['apple-business-chat', 'apple-business-chat'],
  ])('knows the spelling that Bird uses: %s', (platformId, platform) => {
    expect(platformOf(platformId)).toBe(platform);
  });

  test.each<[name: string, platformId: unknown]>([
    ['a word of nobody', 'pigeon'],
    ["the placeholder of Bird's examples", 'text'],
    ['empty', ''],
    ['a dash', '-'],
    ['a dash before a family', '-sms'],
    ['a family inside a word', 'mysms-messagebird'],
    ['a family without its dash', 'smsmessagebird'],
    ['a family with another separator', 'sms_messagebird'],
    ['a connector of a platform that is no family', 'whatsapp-messagebird'],
    ['another connector of Viber', 'viber-x'],
    ['upper case', 'WHATSAPP'],
    ['mixed case', 'WhatsApp'],
    ['the name of a family in another case', 'SMS-messagebird'],
    ['spaces', ' whatsapp '],
    ['an inherited name: constructor', 'constructor'],
    ['an inherited name: toString', 'toString'],
    ['an inherited name: hasOwnProperty', 'hasOwnProperty'],
    ['an inherited name: __proto__', '__proto__'],
    ['undefined', undefined],
    ['null', null],
    ['a number', 0],
    ['an array', ['sms']],
    ['an object', { toString: () => 'sms' }],
    ['a String object', Object('sms')],
    ['a symbol', Symbol('sms')],
  ])('does not know %s', (_name, platformId) => {
    expect(platformOf(platformId)).toBeUndefined();
    expect(platformRow(platformId, undefined)).toBeUndefined();
  });

  test('a family takes any connector, also one without a name', () => {
    expect(platformOf('sms-')).toBe('sms');
    expect(platformOf('sms-a-b-c')).toBe('sms');
  });
});

describe('how long a window lasts', () => {
  test.each<[platformId: unknown, forAll: number, forHuman: number]>([
    ['whatsapp', DAY, DAY],
    ['messenger', DAY, 7 * DAY],
    ['instagram', DAY, 7 * DAY],
    ['tiktok', 2 * DAY, 2 * DAY],
    ['kakaotalk', 30 * DAY, 30 * DAY],
    ['apple-business-chat', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['sms-messagebird', 0, DAY],
    ['pigeon', 0, DAY],
    [undefined, 0, DAY],
  ])('%s: for everybody, and at most where a human answers', (platformId, forAll, forHuman) => {
    expect(windowMs(platformId)).toBe(forAll);
    expect(longestWindowMs(platformId)).toBe(forHuman);
  });
});

describe('docs/platforms.md', () => {
  const rows = readTable('platforms.md');

  test('has one row for each platform, in the order of the table', () => {
    expect(rows.map(({ platform }) => platform)).toEqual(Object.keys(platforms));
  });

  test.each(rows)('states what the table holds for $platform', (row) => {
    const { window, hasTemplates } = platforms[row.platform] as PlatformRow;
    expect(row).toMatchObject({
      window: window === null ? 'none' : inWords(window.durationMs),
      humanAgent: window?.humanAgentMs === undefined ? '' : inWords(window.humanAgentMs),
      quota: window?.quota === undefined ? '' : String(window.quota),
      templates: hasTemplates ? 'yes' : '',
      platformIds: facts[row.platform]?.platformIds,
    });
  });

  test.each(rows)('names a source and the time at which it was read for $platform', ({ source }) => {
    expect(source).toMatch(/\(.*2026\)$/);
  });
});

function variantsOf(platform: string): readonly string[] {
  return (facts[platform]?.platformIds ?? []).map((platformId) => platformId.replace('*', 'messagebird'));
}

interface DocumentedRow {
  readonly platform: string;
  readonly platformIds: readonly string[];
  readonly window: string;
  readonly humanAgent: string;
  readonly quota: string;
  readonly templates: string;
  readonly source: string;
}

/** The rows of the one table whose first cell is a `platform` in backticks. */
function readTable(name: string): readonly DocumentedRow[] {
  const text = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [platform = '', platformIds = '', window = '', humanAgent = '', quota = '', templates = '', source = ''] =
        line
          .slice(1, line.lastIndexOf('|'))
          .split('|')
          .map((cell) => cell.trim());
      return {
        platform: platform.replaceAll('`', ''),
        platformIds: platformIds.split(',').map((id) => id.trim().replaceAll('`', '')),
        window,
        humanAgent,
        quota,
        templates,
        source,
      };
    });
}

function inWords(durationMs: number): string {
  if (durationMs === Number.POSITIVE_INFINITY) return 'no end by time';
  const hours = durationMs / 3_600_000;
  return hours < 72 ? `${hours} hours` : `${hours / 24} days`;
}
