import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { doctor } from '../../../src/cli/doctor/doctor.js';
import { createPractice, type Practice } from '../support.js';

const page = readFileSync(new URL('../../../docs/doctor.md', import.meta.url), 'utf8');
const [healthy, forbidden, usage] = [...page.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, text]) => text);

/** The report on the world's contact, with the base URL and the time that the page has. */
async function reportOf(practice: Practice): Promise<string> {
  const { out } = await practice.run();
  return out.replace(practice.sandbox.url, 'https://api.bird.com').replace(/\d+ ms per read/, '42 ms per read');
}

it('shows what the doctor prints where the guard can work', async () => {
  expect(healthy).toBe(await reportOf(await createPractice()));
});

it('shows what the doctor prints for a key that may not read contacts', async () => {
  expect(forbidden).toBe(await reportOf(await createPractice({ contactAccess: 'forbidden' })));
});

it('shows the usage as --help does', () => {
  expect(usage).toBe(doctor.usage);
});
