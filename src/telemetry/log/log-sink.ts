/** Where lines go: one write at a time. */
export interface LogSink {
  /** Settles when all of it is written; rejects where some of it is not. */
  write(lines: string): Promise<void>;
  close(): void;
}
