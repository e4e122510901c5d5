import { maySend } from '../core/channel-availability.js';
import { platformRow } from '../core/platforms.js';
import type { UnknownReason } from '../core/types.js';
import { LookupError } from '../errors.js';
import type { Logger } from '../ports.js';
import type { FreeformQuestion, Question, TemplateQuestion } from './question.js';
import type { Workspace } from './workspace.js';

type Fields = Readonly<Record<string, unknown>>;

const MOST_NOTICES = 1_000;

/** Faults that go away by themselves are only counted; these need somebody to act. */
const lastingReasons: ReadonlySet<UnknownReason> = new Set(['access_denied', 'channel_not_found', 'malformed_answer']);

/**
 * What the guard tells the logger. Each thing is said once, so that a fault that touches every send does not flood the
 * log; ids and reasons only.
 */
export class Reports {
  readonly #logger: Logger;
  readonly #said = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Why a send could not be decided. The error of a lookup names its reason; any other is a defect of ours. */
  failure(error: unknown, { workspaceId, channelId }: Pick<Question, 'workspaceId' | 'channelId'>): UnknownReason {
    const ids = { workspaceId, channelId };
    if (!(error instanceof LookupError)) {
      // Only the class of the error: its message may hold anything.
      const kind = error instanceof Error ? error.name : typeof error;
      this.#logger.error({ ...ids, error: kind }, 'The guard itself failed, so the send is unknown');
      return 'lookup_failed';
    }
    const fields = { ...ids, reason: error.code, problem: error.message };
    this.#logger.debug?.(fields, 'A fact could not be had');
    if (lastingReasons.has(error.code)) {
      this.#once(`${error.code} ${ids.workspaceId}`, fields, 'A fact cannot be had until somebody acts');
    }
    return error.code;
  }

  undecidable(reason: UnknownReason): UnknownReason {
    if (reason === 'unclassified_message') {
      this.#once(reason, { reason }, 'A message cannot be read; is the body parsed (express.json) before the guard?');
    }
    return reason;
  }

  unknownWorkspace(workspaceId: string): UnknownReason {
    const reason = 'workspace_unknown';
    this.#once(`${reason} ${workspaceId}`, { workspaceId, reason }, 'The guard has no options for a workspace');
    return reason;
  }

  /** What somebody should look at: a platform that is not in the table, and a status, since Bird's list is not public. */
  channel({ workspaceId, channelId }: FreeformQuestion | TemplateQuestion, workspace: Workspace): void {
    const facts = channelId === undefined ? undefined : workspace.channels.recall(channelId);
    if (facts === undefined) return;
    const { platformId, status } = facts;
    const ids = { workspaceId, channelId };
    if (platformRow(platformId, undefined) === undefined) {
      const text = 'A channel has a platform that the guard does not know; only a date of Bird can allow its sends';
      this.#once(`platform ${platformId}`, { ...ids, platformId: platformId.slice(0, 40) }, text);
    }
    if (status !== undefined && maySend(status) === undefined) {
      const text = 'A channel has a status that the guard does not know; its sends pass';
      this.#once(`status ${status}`, { ...ids, status: status.slice(0, 40) }, text);
    }
  }

  #once(name: string, fields: Fields, text: string): void {
    if (this.#said.has(name) || this.#said.size >= MOST_NOTICES) return;
    this.#said.add(name);
    this.#logger.warn(fields, text);
  }
}
