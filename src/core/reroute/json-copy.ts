/** Bird's bodies have a few levels. A much deeper value could not be serialised again, or would overflow the stack. */
const MAX_DEPTH = 64;

/**
 * A deep copy of a value as JSON, independent of later changes to the caller's object.
 *
 * @returns `undefined` for what JSON cannot represent: a cycle, a BigInt, or more than 64 levels
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
  // Brackets inside strings do not count.
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}
