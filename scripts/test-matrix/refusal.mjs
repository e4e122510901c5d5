/** Throws unless `run` fails and says this: a limit that has gone must show, too. */
export async function refuses(run, says) {
  const message = await run().then(
    () => 'It passed',
    (error) => error.message,
  );
  if (!message.includes(says)) throw new Error(`Expected ${says}: ${message}`);
}
