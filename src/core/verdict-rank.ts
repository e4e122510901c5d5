/** The order of verdicts where one speaks for several recipients: the highest counts. */
export const verdictRank = { deny: 2, unknown: 1, allow: 0 } as const;
