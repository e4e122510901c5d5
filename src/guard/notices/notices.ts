import type { FreeformSend, ParsedSend, TemplateSend, UndecidableSend } from '../../bird/send/parsed-send.js';
import { maySend } from '../../core/channel-availability.js';
import { isSet, own } from '../../core/own.js';
import { platformRow } from '../../core/platforms.js';
import type { Decision, UnknownReason } from '../../core/types.js';
import { LookupError } from '../../errors.js';
import type { Logger } from '../../ports.js';
import type { ReportError } from '../../telemetry/reported-error.js';
import type { Workspace } from '../workspaces/workspace.js';
import type { LogOnce } from './log-once.js';
import { flawOf, flawOfSender, flawOfTime, type SendFlaw } from './send-flaw.js';

export interface NoticesParts {
  readonly logger: Logger;
  readonly logOnce: LogOnce;
  readonly reportError: ReportError;
}

/**
 * What the guard tells the logger of its sends. Each thing is said once, so that what touches every send does not flood
 * the log; ids and reasons only. What keeps Bird from being asked is logged elsewhere, when it begins and when it is
 * over.
 */
export class Notices {
  readonly #logger: Logger;
  readonly #logOnce: LogOnce;
  readonly #reportError: ReportError;

  constructor({ logger, logOnce, reportError }: NoticesParts) {
    this.#logger = logger;
    this.#logOnce = logOnce;
    this.#reportError = reportError;
  }

  /** Why a send could not be decided. The error of a lookup names its reason; any other is a defect of ours. */
  failure(error: unknown, { workspaceId, channelId }: Pick<ParsedSend, 'workspaceId' | 'channelId'>): UnknownReason {
    const ids = { workspaceId, channelId };
    if (!(error instanceof LookupError)) {
      // Only the class of the error: its message may hold anything.
      this.#reportError({ source: 'guard', workspaceId, error });
      const kind = error instanceof Error ? error.name : typeof error;
      this.#logger.error({ ...ids, error: kind }, 'The guard itself failed, so the send is unknown');
      return 'lookup_failed';
    }
    const fields = { ...ids, reason: error.code, problem: error.message };
    this.#logger.debug?.(fields, 'A lookup failed');
    if (error.code === 'channel_not_found') {
      const text = 'Bird does not know a channel, so its sends are unknown; are channelId and workspaceId right?';
      this.#logOnce.warn(error.code, `${workspaceId} ${channelId}`, fields, text);
    }
    return error.code;
  }

  undecidable({ reason, isTold }: UndecidableSend): UnknownReason {
    if (reason === 'unclassified_message' && isTold !== true) {
      this.#logOnce.warn(
        reason,
        '',
        { reason },
        'A message cannot be read; is the body parsed (express.json) before the guard?',
      );
    }
    return reason;
  }

  /** What is wrong with a send itself, as somebody has to fix it in the code that made it. */
  decided(send: unknown, parsed: ParsedSend, { reason }: Decision): void {
    if (reason === 'bad_id' || reason === 'address_unresolved') this.#tellFlaw(flawOf(send), reason);
    if ('sendAt' in parsed && parsed.sendAt === 'unreadable') this.#tellFlaw(flawOfTime(send), reason);
    if (parsed.kind !== 'undecidable' && isSet(own(send, 'sender'))) this.#tellFlaw(flawOfSender(send), reason);
  }

  #tellFlaw(flaw: SendFlaw | undefined, reason: Decision['reason']): void {
    if (flaw !== undefined) this.#logOnce.warn('send', flaw.field, { field: flaw.field, reason }, flaw.text);
  }

  /** @param isFailing its options could not be obtained, which is logged already */
  unknownWorkspace(workspaceId: string, isFailing: boolean): UnknownReason {
    const reason = 'workspace_unknown';
    const text = 'The guard has no options for a workspace';
    if (!isFailing) this.#logOnce.warn(reason, workspaceId, { workspaceId, reason }, text);
    return reason;
  }

  /**
   * What somebody should look at: a platform that is not in the table, and a status, since Bird's list is not public.
   */
  channel({ workspaceId, channelId }: FreeformSend | TemplateSend, workspace: Workspace): void {
    const facts = channelId === undefined ? undefined : workspace.channels.recall(channelId);
    if (facts === undefined) return;
    const { platformId, status } = facts;
    const ids = { workspaceId, channelId };
    if (platformRow(platformId, undefined) === undefined) {
      const text = 'A channel has a platform that the guard does not know; only a date of Bird can allow its sends';
      this.#logOnce.warn('platform', platformId, { ...ids, platformId: platformId.slice(0, 40) }, text);
    }
    if (status !== undefined && maySend(status) === undefined) {
      const text = 'A channel has a status that the guard does not know; its sends pass';
      this.#logOnce.warn('status', status, { ...ids, status: status.slice(0, 40) }, text);
    }
  }
}
