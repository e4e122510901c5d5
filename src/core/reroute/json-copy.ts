/** Bird's bodies are a few levels deep. What is much deeper could not be written out again, or would end the stack. */
const MAX_DEPTH = 64;

/**
 * A copy of what JSON makes of a value, which no later change of the caller's object reaches.
 *
 * @returns `undefined` for what JSON cannot carry: a cycle, a BigInt, or more than 64 levels
 */
export function jsonCopy(value: unknown): unknown {
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' && depthOf(text) <= MAX_DEPTH ? JSON.parse(text) : undefined;
  } catch {
    // The engine's error may quote the value.
    return undefined;
  }
}

function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  // Brackets in strings open nothing.
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}
