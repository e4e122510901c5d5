import type { LookupTrouble } from '../../errors.js';
import type { QuestionNature } from '../../lookup/reads/decorate.js';
import type { Watcher } from '../../lookup/reads/watched.js';
import type { BirdWatch } from '../../telemetry/health.js';
import type { Troubles } from './troubles.js';

interface Words {
  readonly text: string;
  readonly overText: string;
  /** Does not depend on what is asked. */
  readonly isOfAllParts?: boolean;
}

/** THE table of what is logged when Bird cannot be asked. `docs/errors.md` has the causes for operators. */
const words: Readonly<Record<LookupTrouble, Words>> = {
  access_key_missing: {
    text: 'There is no access key for Bird, so sends are unknown',
    overText: 'There is an access key again',
    isOfAllParts: true,
  },
  access_denied: {
    text: 'Bird refuses the access key, so sends are unknown until somebody acts',
    overText: 'Bird accepts the access key again',
  },
  no_connection: {
    text: 'Bird cannot be reached, so sends are unknown',
    overText: 'Bird can be reached again',
    isOfAllParts: true,
  },
  no_answer: { text: 'Bird does not answer in time, so sends are unknown', overText: 'Bird answers in time again' },
  error_status: {
    text: 'Bird answers with errors, so sends are unknown',
    overText: 'Bird answers without errors again',
  },
  throttled: {
    text: 'Bird answers 429 (too many reads), so sends are unknown; does something else use the same workspace?',
    overText: 'Bird accepts reads again',
    isOfAllParts: true,
  },
  malformed_answer: {
    text: "Bird's answers cannot be read, so sends are unknown",
    overText: "Bird's answers can be read again",
  },
};

/** Logs what keeps one workspace's facts from being obtained, and notes it for the health. */
export function lookupTroubles(troubles: Troubles, workspaceId: string, bird: BirdWatch): Watcher {
  return {
    answered: ({ kind }) => {
      bird.answered();
      troubles.worked(kind);
    },
    failed: (nature, { trouble, code, message }) => {
      if (trouble === undefined) return;
      bird.failed(workspaceId, trouble);
      const channelId = channelOf(nature);
      const fields = { ...(channelId && { channelId }), reason: code, problem: message };
      troubles.failed({ ...words[trouble], cause: trouble, part: nature.kind, fields });
    },
  };
}

/** The channel that a question is about. */
export function channelOf({ kind, lane }: QuestionNature): string | undefined {
  return kind === 'channel' || kind === 'window' ? lane : undefined;
}
