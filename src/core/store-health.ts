/** Whether the store of windows answers. While it does not, Bird is asked. */
export interface StoreHealth {
  /** Whether the store answers. */
  readonly reachable: boolean;
  /** Why it does not, in one word, such as `no_connection` or `access_denied`; absent where it does, or does not say. */
  readonly reason?: string | undefined;
}
