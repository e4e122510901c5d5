import { expect, it } from 'vitest';
import { withChannel } from '../../../src/http/request/rewrite.js';

const WS = '52ad151f-f7b4-46f9-a5c6-d3318e650c84';
const FROM = '614208aa-b153-4d5d-9989-2fddfc0ce4c1';
const TO = '32cf5eee-f940-422c-ab8c-5f753aad5efd';
const change = { from: FROM, to: TO };
const path = (id: string): string => `/workspaces/${WS}/channels/${id}/messages`;

it.each([
  ['in Bird’s path', path(FROM), path(TO)],
  ['in another letter case', path(FROM.toUpperCase()), path(TO)],
  ['encoded', path(FROM.replace('6', '%36')), path(TO)],
  ['in front of it, too', `/channels/${FROM}${path(FROM)}?c=${FROM}`, `/channels/${FROM}${path(TO)}?c=${FROM}`],
  ['behind it, where it is taken back', `${path(FROM)}/${FROM}/..`, `${path(TO)}/${FROM}/..`],
  ['in a path of the application', `/send/${FROM}/now`, `/send/${TO}/now`],
])('puts another channel in the place of the one %s', (_, url, changed) => {
  expect(withChannel(url, change)).toBe(changed);
});

it.each([
  ['behind a backslash', `/channels/${FROM}/workspaces/${WS}/channels\\${FROM}/messages`],
  ['nowhere', path(TO)],
])('changes nothing where the channel stands %s', (_, url) => {
  expect(withChannel(url, change)).toBeUndefined();
});
