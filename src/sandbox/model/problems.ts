/** What is wrong with a request body, by field, as Bird's `ValidationError` lists it. Empty: nothing. */
export type Problems = Readonly<Record<string, readonly string[]>>;

/** A field and what is wrong with it; `undefined`: nothing. */
export type Finding = readonly [field: string, problem: string | undefined];

/** Findings by field, in Bird's shape; findings about the whole message go under `message`. */
export function collect(findings: readonly Finding[]): Problems {
  const found = findings.filter((finding): finding is [string, string] => finding[1] !== undefined);
  return Object.fromEntries(found.map(([field, problem]) => [field === '' ? 'message' : field, [problem]]));
}
