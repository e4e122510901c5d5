import { randomUUID } from 'node:crypto';
import { platformOf } from '../../core/platforms.js';

/** A node of Bird's capabilities; child nodes are fields like its own. */
export interface BirdCapability {
  /** A name for people; here the same as `name`. */
  readonly displayName: string;
  /** `active`, or one of Bird's other statuses: `paused`, `disabled` and so on. */
  readonly status: string;
  /** What the channel can do, such as `messaging` or `outgoing`. */
  readonly name: string;
  /** Always 1 here. */
  readonly version: number;
  /** When it was created: RFC 3339, by the sandbox's clock. */
  readonly createdAt: string;
  /** When it last changed: RFC 3339, by the sandbox's clock. */
  readonly updatedAt: string;
  /** When the capability ends, RFC 3339. Default: ten years after the channel was added. */
  readonly expiresAt: string;
  readonly [child: string]: unknown;
}

/** Bird's channel object with all fields. */
export interface BirdChannel {
  /** The channel's id in sends, a UUID. */
  readonly id: string;
  /** Bird's id of the platform, such as `whatsapp`. */
  readonly platformId: string;
  /** A name for people. */
  readonly name: string;
  /** Bird's id of the account behind the channel, a UUID. */
  readonly connectorId: string;
  /** The channel's own address on its platform: a phone number, a mail address, a page id. */
  readonly identifier: string;
  /** `active`, or one of Bird's other statuses: `paused`, `disabled` and so on. */
  readonly status: string;
  /** What the channel can do, as nested `BirdCapability` nodes. */
  readonly capabilities: { readonly [group: string]: unknown };
  /** When it was created: RFC 3339, by the sandbox's clock. */
  readonly createdAt: string;
  /** When it last changed: RFC 3339, by the sandbox's clock. */
  readonly updatedAt: string;
  readonly [field: string]: unknown;
}

/** The fields of a channel to install; only `platformId` is required. */
export interface ChannelOptions {
  /** Bird's id of the platform, such as `whatsapp` or `sms`. */
  readonly platformId: string;
  /** One of Bird's statuses; only `active` and `preview` send. Default `active`. */
  readonly status?: string | undefined;
  /** Replaces Bird's usual capabilities (messaging and voice, all active) as a whole. */
  readonly capabilities?: BirdChannel['capabilities'] | undefined;
  /** The channel's own address on its platform. Default: a made-up phone number, mail address or page id. */
  readonly identifier?: string | undefined;
  /** A name for people. Default: the platform's id and a number. */
  readonly name?: string | undefined;
  readonly [field: string]: unknown;
}

/** A channel as Bird lists it: Bird's fields with the options laid over them. `index` tells the identifiers apart. */
export function createChannel(options: ChannelOptions, now: number, index: number): BirdChannel {
  const at = new Date(now).toISOString();
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return {
    id: randomUUID(),
    platformId: options.platformId,
    name: `Sandbox ${options.platformId} ${index}`,
    connectorId: randomUUID(),
    identifier: identifierFor(options.platformId, index),
    status: 'active',
    ...platformOverrides,
    capabilities: allCapabilities(now),
    settings: [],
    connectionParams: [],
    preferences,
    useCaseId: '',
    useCaseType: 'transactional',
    channelMessageType: 'conversational',
    suites: [],
    resourceOwners: {},
    createdAt: at,
    updatedAt: at,
    ...given,
  };
}

const platformOverrides = {
  contactIdentifierKeyOverride: '',
  contactIdentifierFormatOverride: { type: 'none', pattern: '' },
  platformServiceUrlOverride: '',
  platformServiceVersionOverride: '',
  platformServiceProtocolOverride: '',
  platformMessageJsonSchemaOverride: {},
  platformTemplateEngineOverride: 'default',
};

const preferences = {
  disableProfileFetching: false,
  explicitMarketingOptOut: false,
  trackAdInitiatedThreads: null,
  ignoreSuppressionChecks: false,
  isPrivate: false,
  useMmLite: false,
};

function identifierFor(platformId: string, index: number): string {
  const platform = platformOf(platformId);
  if (platform === 'email') return `channel-${index}@example.invalid`;
  if (platform === 'facebook' || platform === 'instagram') return String(100_000_000_000_000 + index);
  // 555-0100 to 555-0199 are reserved for fiction.
  return `+1202555${String(100 + (index % 100)).padStart(4, '0')}`;
}

const YEARS = 365 * 86_400_000;

function allCapabilities(now: number): BirdChannel['capabilities'] {
  const at = new Date(now).toISOString();
  const expiresAt = new Date(now + 10 * YEARS).toISOString();
  const node = (name: string, children: object = {}): BirdCapability => {
    return {
      displayName: name,
      status: 'active',
      name,
      version: 1,
      updatedAt: at,
      createdAt: at,
      expiresAt,
      ...children,
    };
  };
  const leaf = (name: string): BirdCapability => node(name, { paused: false });
  const media = { textFallback: leaf('textFallback') };
  const outgoing = node('outgoing', { mms: leaf('mms'), media, mmLite: leaf('mmLite') });
  const incoming = node('incoming', { mms: leaf('mms') });
  return {
    messaging: { messaging: node('messaging', { outgoing, incoming }) },
    voice: { voice: node('voice', { recording: leaf('recording') }) },
  };
}
