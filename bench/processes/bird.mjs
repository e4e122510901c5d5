/** A local Bird in real time. */
import { createBird } from '../bird.mjs';
import { load } from '../builds.mjs';
import { answerMessages } from '../child-process.mjs';

answerMessages(async ({ build, ...options }) => {
  const bird = await createBird(await load(build.sandbox), options);
  keepTime(bird.clock);
  const { url, accessKey, open, closed } = bird;
  return { url, accessKey, open, closed };
});

/** A sandbox's clock moves only when it is told to. */
function keepTime(clock) {
  setInterval(() => {
    const behindMs = Date.now() - clock.now();
    if (behindMs > 0) clock.advance(behindMs);
  }, 2);
}
