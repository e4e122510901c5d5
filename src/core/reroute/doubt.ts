const doubts = new WeakMap<object, string>();

/** Notes what somebody should look at in the options of a policy, although they may be right. */
export function doubt(policy: object, text: string): void {
  doubts.set(policy, text);
}

export function doubtAbout(policy: unknown): string | undefined {
  return typeof policy === 'function' ? doubts.get(policy) : undefined;
}
