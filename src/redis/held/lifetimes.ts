const DAY_MS = 86_400_000;

/** How long keys outlive the last message of their queue, in case no process was running to give the message up. */
export const SPARE_MS: number = 7 * DAY_MS;
/** How long nudges, pauses and secrets are kept: as long as any message may wait. */
export const KEY_LIFE_MS: number = 30 * DAY_MS + SPARE_MS;
