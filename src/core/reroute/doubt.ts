const doubts = new WeakMap<object, string>();

/** Records a warning about a policy's options, which may still be right. */
export function doubt(policy: object, text: string): void {
  doubts.set(policy, text);
}

export function doubtAbout(policy: unknown): string | undefined {
  return typeof policy === 'function' ? doubts.get(policy) : undefined;
}
