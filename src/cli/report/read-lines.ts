import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { beginOf } from './begin-of.js';

/** Far more than a decision has, so that what is no log fills no memory. */
const MAX_LINE_BYTES = 65_536;
const CHUNK_BYTES = 1_048_576;
const NEWLINE = 10;
/** With these bytes an archive begins, whatever its name. */
const GZIP = Buffer.from([0x1f, 0x8b]);

export interface LineReader {
  /** @param line `undefined`: a line that is too long, or an archive that ends here and should not */
  readonly onLine: (line: string | undefined, number: number) => void;
  /** Bytes of the file that were read, for whoever shows progress. */
  readonly onBytes: (count: number) => void;
}

/**
 * Reads a file line by line, in bounded memory, decompressed where gzip has written it. Empty lines are left out.
 *
 * @throws the system's error where the file cannot be read
 */
export async function readLines(path: string, { onLine, onBytes }: LineReader): Promise<void> {
  const splitter = new LineSplitter(onLine);
  try {
    const isArchive = (await beginOf(path, GZIP.length))?.equals(GZIP) === true;
    for await (const chunk of openLog(path, isArchive, onBytes)) splitter.add(chunk);
  } catch (error) {
    if (!isOfArchive(error)) throw withPath(error, path);
    splitter.end();
    return splitter.breakOff();
  }
  splitter.end();
}

function openLog(path: string, isArchive: boolean, onBytes: LineReader['onBytes']): Readable {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  file.on('data', ({ length }) => onBytes(length));
  // Errors of both come to whoever reads.
  return isArchive ? pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : file;
}

/** An archive that was cut off or is none: what was read of it still counts. */
function isOfArchive(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}

/** An error of reading, such as that of a directory, does not say of what. */
function withPath(error: unknown, path: string): unknown {
  if (error instanceof Error && 'syscall' in error && !('path' in error)) error.message += ` '${path}'`;
  return error;
}

/** Makes lines of chunks. */
class LineSplitter {
  readonly #onLine: LineReader['onLine'];
  #rest: Buffer = Buffer.alloc(0);
  #number = 0;
  #isTooLong = false;

  constructor(onLine: LineReader['onLine']) {
    this.#onLine = onLine;
  }

  add(chunk: Buffer): void {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end === -1) return this.#keep(Buffer.concat([this.#rest, chunk]));
    const whole = Buffer.concat([this.#rest, chunk.subarray(0, end)]);
    this.#rest = Buffer.alloc(0);
    for (const line of whole.toString().split('\n')) this.#give(line);
    // A copy: the chunk itself would keep a megabyte alive.
    this.#keep(Buffer.from(chunk.subarray(end + 1)));
  }

  end(): void {
    if (this.#rest.length > 0 || this.#isTooLong) this.#give(this.#rest.toString());
    this.#rest = Buffer.alloc(0);
  }

  breakOff(): void {
    this.#onLine(undefined, this.#number + 1);
  }

  #keep(rest: Buffer): void {
    this.#isTooLong ||= rest.length > MAX_LINE_BYTES;
    this.#rest = this.#isTooLong ? Buffer.alloc(0) : rest;
  }

  #give(line: string): void {
    this.#number += 1;
    const isTooLong = this.#isTooLong || line.length > MAX_LINE_BYTES;
    this.#isTooLong = false;
    // Without a byte order mark, too.
    const text = line.trim();
    if (isTooLong) this.#onLine(undefined, this.#number);
    else if (text !== '') this.#onLine(text, this.#number);
  }
}
