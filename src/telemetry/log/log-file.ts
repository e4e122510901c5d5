import { requireRuntime } from '../../runtime.js';
import type { LogSink } from './log-sink.js';

type FileSystem = typeof import('node:fs');

interface OpenFile {
  readonly descriptor: number;
  readonly inode: bigint;
  readonly device: bigint;
}

/** A file that is appended to. Where it was renamed or removed since the last write, it is opened anew. */
export class LogFile implements LogSink {
  readonly #fs = fileSystem();
  readonly #path: string;
  #file: OpenFile | undefined;

  /** @throws where the file cannot be opened */
  constructor(path: string) {
    this.#path = path;
    this.#file = this.#open();
  }

  async write(lines: string): Promise<void> {
    if (await this.#isElsewhere()) this.close();
    this.#file ??= this.#open();
    try {
      await this.#append(this.#file.descriptor, Buffer.from(lines));
    } catch (error) {
      // Opening it anew sees a line that was cut off.
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.#file !== undefined) this.#fs.closeSync(this.#file.descriptor);
    this.#file = undefined;
  }

  async #isElsewhere(): Promise<boolean> {
    const now = await this.#fs.promises.stat(this.#path, { bigint: true }).catch(() => undefined);
    return now?.ino !== this.#file?.inode || now?.dev !== this.#file?.device;
  }

  #open(): OpenFile {
    const descriptor = this.#fs.openSync(this.#path, 'a+');
    try {
      const { ino: inode, dev: device, size } = this.#fs.fstatSync(descriptor, { bigint: true });
      this.#endLastLine(descriptor, size);
      return { descriptor, inode, device };
    } catch (error) {
      // A disk stays full for hours, and each try would keep one more file open.
      this.#fs.closeSync(descriptor);
      throw error;
    }
  }

  /** A process that was killed, or a full disk, leaves half a line. The next one must not become part of it. */
  #endLastLine(descriptor: number, size: bigint): void {
    if (size === 0n) return;
    const last = Buffer.alloc(1);
    const length = this.#fs.readSync(descriptor, last, 0, 1, size - 1n);
    if (length === 1 && last.toString() !== '\n') this.#fs.writeSync(descriptor, '\n');
  }

  async #append(descriptor: number, bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) offset += await this.#writeSome(descriptor, bytes.subarray(offset));
  }

  #writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#fs.write(descriptor, bytes, (error, written) => (error === null ? resolve(written) : reject(error)));
    });
  }
}

/** Not imported: a runtime without files could not load the package. */
function fileSystem(): FileSystem {
  const getBuiltinModule = globalThis.process?.getBuiltinModule;
  requireRuntime('decisionLog', { 'process.getBuiltinModule': getBuiltinModule });
  const fs = getBuiltinModule('node:fs');
  requireRuntime('decisionLog', { 'node:fs': fs?.openSync });
  return fs;
}
