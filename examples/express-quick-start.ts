import express from 'express';
import { freeformGuard } from 'freeform-guard';

const { BIRD_URL = 'https://api.bird.com', ACCESS_KEY = '', WORKSPACE_ID = '', CHANNEL_ID = '', PORT } = process.env;
const path = `/workspaces/${WORKSPACE_ID}/channels/${CHANNEL_ID}/messages`;
const guard = freeformGuard({ workspaces: { [WORKSPACE_ID]: { accessKey: ACCESS_KEY, baseUrl: BIRD_URL } } });

const app = express();
app.post(path, express.json(), guard, async (req, res) => {
  const answer = await fetch(BIRD_URL + path, {
    method: 'POST',
    headers: { authorization: `AccessKey ${ACCESS_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(req.body),
  });
  res.status(answer.status).json(await answer.json());
});
app.listen(Number(PORT ?? 3000), '127.0.0.1');
