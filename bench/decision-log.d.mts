/** Writes a log with the decisions of one day. */
export function writeDecisionLog(
  path: string,
  options: {
    readonly decisions: number;
    /** By the number of the workspace, of 12. Default: `observe`. */
    readonly mode?: (workspace: number) => string;
    /** When the day begins, epoch ms. */
    readonly at?: number;
    /** Default: `Math.random`. */
    readonly random?: () => number;
  },
): Promise<void>;
