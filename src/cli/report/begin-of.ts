import { open, stat } from 'node:fs/promises';

/**
 * The first bytes of a file; `undefined` where there is none, and for a pipe, which could not be read once more.
 *
 * @throws the system's error where the file cannot be read
 */
export async function beginOf(path: string, length: number): Promise<Buffer | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
