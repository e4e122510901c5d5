import type { ReportError } from '../../telemetry/reported-error.js';
import { TroublesByName, type TroublesTools } from './troubles-by-name.js';

const CAUSE = 'workspace_options';

/** The workspaces for which the function for options fails, which has been logged. */
export class OptionsTroubles {
  readonly #troubles: TroublesByName;
  readonly #reportError: ReportError;

  constructor(tools: TroublesTools & { readonly reportError: ReportError }) {
    this.#troubles = new TroublesByName(tools);
    this.#reportError = tools.reportError;
  }

  isOpen(workspaceId: string): boolean {
    return this.#troubles.isOpen(workspaceId, CAUSE);
  }

  /** The function itself has failed. What it threw is never logged. */
  threw(workspaceId: string, error: unknown): 'failed' {
    this.#reportError({ source: 'hook', hook: 'workspaces', workspaceId, error });
    return 'failed';
  }

  /** What is wrong with the options that the function gave. What a getter of theirs threw is reported, and never logged. */
  problemOf(workspaceId: string, error: unknown): string {
    // Only the errors of the checks begin with the path of the option.
    if (error instanceof Error && error.message.startsWith('workspaces[')) return error.message;
    this.threw(workspaceId, error);
    return 'the options cannot be read';
  }

  failed(workspaceId: string, problem: string): void {
    this.#troubles.failed(
      { name: workspaceId, kind: CAUSE, ids: { workspaceId } },
      {
        cause: CAUSE,
        part: CAUSE,
        level: 'error',
        fields: { problem },
        text: 'The options of a workspace could not be obtained',
        overText: 'The options of a workspace can be obtained again',
      },
    );
  }

  worked(workspaceId: string): void {
    this.#troubles.worked(workspaceId, CAUSE);
  }
}
