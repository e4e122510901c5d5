/** Measures candidates in interleaved rounds, and reduces the samples. A sample is what one candidate cost in one round. */

/**
 * Takes one sample of each candidate a round. The order rotates, and every other round runs backwards, so that a slow moment
 * of the machine hits all alike, and nobody always runs behind the same candidate.
 *
 * @returns the samples by name, round by round
 */
export async function interleave(candidates, measure, { rounds, warmUps = 2 }) {
  const samples = Object.fromEntries(candidates.map(({ name }) => [name, []]));
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const candidate of orderOf(candidates, round + warmUps)) {
      const sample = await measure(candidate);
      if (round >= 0) samples[candidate.name].push(sample);
    }
  }
  return samples;
}

function orderOf(candidates, round) {
  const first = round % candidates.length;
  const rotated = [...candidates.slice(first), ...candidates.slice(0, first)];
  return round % 2 === 0 ? rotated : rotated.toReversed();
}

/** Microseconds of processor time, of all threads. Unlike elapsed time, it does not count what other programs take. */
export async function processorTimeOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The samples of one field, where a sample has several. */
export function pickField(samples, field) {
  return Object.fromEntries(Object.entries(samples).map(([name, rounds]) => [name, rounds.map((one) => one[field])]));
}
