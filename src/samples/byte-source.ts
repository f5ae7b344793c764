// Bytes that are read in parts: of a file, or of what lies in one.
import { fail } from '../../ir/diagnostics.ts';
import { readSlice } from '../files/read-file.ts';

export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * `length` bytes from `offset` on. Throws CompileError I8C0002 where there are not that many: the file is damaged, or
   * has changed since it was opened.
   */
  slice(offset: number, length: number): Promise<Uint8Array>;
}

/** What messages call the files that are read here. */
const what = 'sample file';

/** A file, and its first bytes. */
export interface OpenedFile {
  readonly source: ByteSource;
  readonly start: Uint8Array;
}

/**
 * Opens a file, and reads at most `startBytes` at its start. It is opened again for each part: a data set has more files
 * than a process may hold open.
 */
export async function openFile(path: string, startBytes: number): Promise<OpenedFile> {
  const { size, bytes: start } = await readSlice(path, what, 0, startBytes);
  const source: ByteSource = {
    size,
    async slice(offset, length) {
      const { bytes } = await readSlice(path, what, offset, length);
      if (bytes.length < length) endsEarly(offset + bytes.length, offset + length);
      return bytes;
    },
  };
  return { source, start };
}

/** `size` bytes of another source. */
export function partOf(source: ByteSource, start: number, size: number): ByteSource {
  if (start + size > source.size) endsEarly(source.size, start + size);
  return {
    size,
    async slice(offset, length) {
      if (offset + length > size) endsEarly(size, offset + length);
      return source.slice(start + offset, length);
    },
  };
}

export function endsEarly(has: number, needs: number): never {
  return fail('I8C0002', `The file is damaged: it ends at byte ${has}, and byte ${needs} is needed.`);
}
