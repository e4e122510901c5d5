import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a program of `processes/`, which answers each message with one of its own. An `error` in an answer is thrown. */
export function startProcess(file) {
  const path = fileURLToPath(new URL(`./processes/${file}`, import.meta.url));
  // JSON has no `Infinity`.
  const child = fork(path, { serialization: 'advanced' });
  const exited = once(child, 'exit').then(([status, signal]) => ({ error: `${file} exited with ${status ?? signal}` }));
  return {
    async ask(message) {
      const answered = once(child, 'message').then(([answer]) => answer);
      child.send(message);
      const answer = await Promise.race([answered, exited]);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** The other side. It exits when the parent has disconnected. */
export function answerMessages(handle) {
  process.on('message', async (message) => {
    try {
      process.send((await handle(message)) ?? {});
    } catch (error) {
      process.send({ error: error.stack });
    }
  });
  process.on('disconnect', () => process.exit());
}
