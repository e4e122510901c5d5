/** What gives the bytes of a body. */
export interface ByteReader {
  read(): Promise<{ readonly done?: boolean | undefined; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<unknown>;
}

/** A `fetch` of the application's own, such as node-fetch, has no web stream, but one of Node. */
export function readerOf(body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): ByteReader {
  if ('getReader' in body) return body.getReader();
  const chunks = chunksOf(body);
  return { read: () => chunks.next(), cancel: () => chunks.return(undefined) };
}

async function* chunksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  yield* body;
}

/**
 * The bytes of a stream; `undefined` if there are more than `maxBytes`, and then the rest is not read. With `for await`
 * in place of the reader, a read from Bird costs 1.08 times as much.
 */
export async function readLimited(reader: ByteReader, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { value } = await reader.read();
    if (value === undefined) return joined(chunks, bytes);
    chunks.push(value);
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      reader.cancel().catch(() => {});
      return undefined;
    }
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const all = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}
