import { TroublesByName, type TroublesTools } from './troubles-by-name.js';

const CAUSE = 'workspace_options';

/** The workspaces for which the function for options fails, which has been logged. */
export class OptionsTroubles {
  readonly #troubles: TroublesByName;

  constructor(tools: TroublesTools) {
    this.#troubles = new TroublesByName(tools);
  }

  isOpen(workspaceId: string): boolean {
    return this.#troubles.isOpen(workspaceId, CAUSE);
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
