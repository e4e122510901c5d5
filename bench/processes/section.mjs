/** One section of the bench. Each has a process of its own, so that none meets another's memory or compiled code. */
import { answerMessages } from '../child-process.mjs';

answerMessages(async ({ file, options }) => {
  const { measure } = await import(`../sections/${file}`);
  return measure(options);
});
