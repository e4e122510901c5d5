import express from 'express';
import { freeformGuard } from 'freeform-guard';

const { BIRD_URL = 'https://api.bird.com', ACCESS_KEY = '', WORKSPACE_ID = '', CHANNEL_ID = '', PORT } = process.env;
const guard = freeformGuard({ workspaces: { [WORKSPACE_ID]: { accessKey: ACCESS_KEY, baseUrl: BIRD_URL } } });
const headers = { authorization: `AccessKey ${ACCESS_KEY}`, 'content-type': 'application/json' };
const pathOf = (channelId: string): string => `/workspaces/${WORKSPACE_ID}/channels/${channelId}/messages`;

const app = express();
app.post(pathOf(CHANNEL_ID), express.json(), guard, async (req, res) => {
  const sends = req.freeformGuard?.sends ?? [{ channelId: CHANNEL_ID, message: req.body }];
  const answers: Response[] = [];
  for (const { channelId, message } of sends) {
    answers.push(await fetch(BIRD_URL + pathOf(channelId), { method: 'POST', headers, body: JSON.stringify(message) }));
  }
  const answer = answers.find(({ ok }) => !ok) ?? answers.at(-1);
  res.status(answer?.status ?? 502).json(await answer?.json());
});
app.listen(Number(PORT ?? 3000), '127.0.0.1');
