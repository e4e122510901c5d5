import { startInbox } from './inbox.js';

const { url } = await startInbox({ port: Number(process.env.PORT ?? 0) });
console.log(`An inbox on a local Bird: ${url}\nEnd it with Ctrl+C.`);
