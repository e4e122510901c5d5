import type { Writable } from 'node:stream';
import type { LogSink } from './log-sink.js';

/** A stream of the application's, such as `process.stdout`. It stays open. */
export class LogStream implements LogSink {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    // Without a listener, a pipe that is closed at its other end would stop the process. Writes tell of it as well.
    stream.on('error', () => {});
  }

  write(lines: string): Promise<void> {
    return new Promise((resolve, reject) => {
      // After an error, a stream that is not destroyed keeps what is written and calls nobody.
      if (this.#stream.errored) return reject(this.#stream.errored);
      this.#stream.write(lines, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {}
}
