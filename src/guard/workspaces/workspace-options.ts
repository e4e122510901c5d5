import { ACCESS_KEY } from '../../bird/api/api-client.js';
import { cureOfBaseUrl, isBaseUrl } from '../../bird/api/base-url.js';
import {
  aMap,
  checkOptions,
  integerBetween,
  isFunction,
  nonEmptyStrings,
  numberBetween,
  type OptionCheck,
} from '../../core/option-checks.js';
import { ownFields } from '../../core/own.js';
import { toId } from '../../core/uuid.js';
import { type Policy, type PolicyOptions, policyChecks, resolvePolicy } from './policy.js';

/** How to reach Bird for one workspace, and the policy for its sends. */
export interface WorkspaceOptions extends PolicyOptions {
  /**
   * Bird's access key, or a function that returns it. The function is called before each read, so that a rotated key
   * takes effect. Where it throws or returns no key, sends are `lookup_failed`.
   */
  readonly accessKey: string | (() => string | Promise<string>);
  /** The URL of Bird's API: https, or http on loopback. Default `https://api.bird.com`. */
  readonly baseUrl?: string | undefined;
  /** How many reads a second the guard may make, of the 50 that Bird allows a workspace. Default 40; 0.1 to 10 000. */
  readonly lookupsPerSecond?: number | undefined;
  /** How many reads may start at once after a quiet time, beyond the rate. Default 10; 1 to 10 000. */
  readonly lookupBurst?: number | undefined;
  /**
   * The keys of the workspace's webhook subscriptions, for receivers without keys of their own. During a rotation: the
   * old key and the new one.
   */
  readonly signingKeys?: readonly string[] | undefined;
  /** Policies by channel id, which override the workspace's. */
  readonly channels?: Readonly<Record<string, PolicyOptions>> | undefined;
}

/**
 * The options of each workspace by id, or a function that finds them. The function returns `undefined` for an id it
 * does not know. It is asked again after a minute, 10 s after an error, and after `reload`.
 */
export type WorkspaceSource =
  | Readonly<Record<string, WorkspaceOptions>>
  | ((workspaceId: string) => WorkspaceOptions | undefined | Promise<WorkspaceOptions | undefined>);

export interface ResolvedWorkspace {
  readonly id: string;
  readonly accessKey: () => string | Promise<string>;
  readonly baseUrl: string;
  readonly lookupsPerSecond: number;
  readonly lookupBurst: number;
  readonly signingKeys: readonly string[];
  readonly policy: Policy;
  readonly channels: ReadonlyMap<string, Policy>;
}

const workspaceChecks = {
  ...policyChecks,
  accessKey: {
    rule: 'a string of visible ASCII characters or a function',
    hasType: (value) => typeof value === 'string' || isFunction(value),
    isInRange: (value: unknown) => isFunction(value) || ACCESS_KEY.test(String(value)),
  },
  baseUrl: {
    rule: 'an https URL, or an http URL on loopback, without query, fragment or credentials',
    hasType: (value) => typeof value === 'string',
    isInRange: isBaseUrl,
    cure: cureOfBaseUrl,
  },
  lookupsPerSecond: numberBetween(0.1, 10_000, 'reads'),
  lookupBurst: integerBetween(1, 10_000, 'reads'),
  signingKeys: nonEmptyStrings,
  channels: aMap,
} satisfies Record<keyof WorkspaceOptions, OptionCheck>;

/**
 * Checks the options that each workspace has where it does not say otherwise.
 *
 * @throws {TypeError | RangeError}
 */
export function checkDefaults(given: Partial<WorkspaceOptions>, path: string): void {
  checkOptions(given, workspaceChecks, path);
  const defaults = ownFields(given);
  requireDistinct(defaults.channels ?? {}, `${path}.channels`);
  resolveChannels(defaults.channels ?? {}, resolvePolicy(defaults), path);
}

/**
 * Checks a whole map of workspaces.
 *
 * @throws {TypeError | RangeError}
 */
export function resolveWorkspaces(
  map: Readonly<Record<string, WorkspaceOptions>>,
  defaults: Partial<WorkspaceOptions>,
): Map<string, ResolvedWorkspace> {
  requireDistinct(map, 'workspaces');
  const all = Object.entries(map).map(([id, options]) => resolveWorkspace(id, options, defaults));
  return new Map(all.map((options) => [options.id, options]));
}

/**
 * Checks one workspace's options and lays them over the defaults.
 *
 * @throws {TypeError | RangeError}
 */
export function resolveWorkspace(
  workspaceId: string,
  options: WorkspaceOptions,
  defaults: Partial<WorkspaceOptions>,
): ResolvedWorkspace {
  const path = `workspaces[${nameOfKey(workspaceId)}]`;
  checkOptions(options, workspaceChecks, path);
  requireDistinct(ownFields(options).channels ?? {}, `${path}.channels`);
  const laid = ownFields({ ...defaults, ...withoutAbsent(options) });
  const {
    accessKey,
    baseUrl = 'https://api.bird.com',
    lookupsPerSecond = 40,
    lookupBurst = 10,
    signingKeys = [],
  } = laid;
  if (accessKey === undefined) throw new TypeError(`${path}.accessKey is missing`);
  const policy = resolvePolicy(laid);
  const channels = resolveChannels({ ...ownFields(defaults).channels, ...ownFields(options).channels }, policy, path);
  const id = toId(workspaceId);
  if (id === undefined) throw new TypeError(`${path}: a workspace id must be a UUID`);
  return {
    id,
    accessKey: typeof accessKey === 'function' ? accessKey : () => accessKey,
    baseUrl: withoutSlash(baseUrl),
    lookupsPerSecond,
    lookupBurst,
    signingKeys: [...signingKeys],
    policy,
    channels,
  };
}

/** The URL as it was checked: without the spaces, and the empty query or fragment, that a parser passes over. */
function withoutSlash(baseUrl: string): string {
  const { origin, pathname } = new URL(baseUrl);
  return origin + pathname.replace(/\/+$/, '');
}

function resolveChannels(
  channels: Readonly<Record<string, PolicyOptions>>,
  policy: Policy,
  path: string,
): Map<string, Policy> {
  const resolved = new Map<string, Policy>();
  for (const [channelId, options] of Object.entries(channels)) {
    const channelPath = `${path}.channels[${nameOfKey(channelId)}]`;
    checkOptions(options, policyChecks, channelPath);
    const id = toId(channelId);
    if (id === undefined) throw new TypeError(`${channelPath}: a channel id must be a UUID`);
    resolved.set(id, resolvePolicy({ ...policy, ...withoutAbsent(options) }));
  }
  return resolved;
}

/**
 * Ids mean the same in either case, so that one of two spellings would be for nothing.
 *
 * @throws {TypeError}
 */
function requireDistinct(map: object, path: string): void {
  const ids = new Set<string>();
  for (const key of Object.keys(map)) {
    const id = key.toLowerCase();
    if (ids.has(id))
      throw new TypeError(`${path}[${nameOfKey(key)}] is given twice, in upper and lower case; keep one of them`);
    ids.add(id);
  }
}

/** A copy without the options that are `undefined`, so that they do not hide what lies beneath. */
function withoutAbsent<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** A key of a map in an error: only an id is shown, since what stands in its place by mistake may be a secret. */
function nameOfKey(key: string): string {
  return toId(key) === undefined ? '…' : JSON.stringify(key);
}
