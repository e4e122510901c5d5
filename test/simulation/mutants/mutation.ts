/** One way to break the decision, as somebody might write it who does not know better. */
export interface Mutation {
  readonly name: string;
  /** Below `src`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Below `test`: of the suite, what finds it soonest. */
  readonly tests: readonly string[];
}

/** The tests of the simulation that find most of the mutants. */
export const checker: readonly string[] = ['simulation/every-order/checker.test.ts'];
export const goodDays: readonly string[] = ['simulation/good-days.test.ts'];
export const badDays: readonly string[] = ['simulation/bad-days.test.ts'];
