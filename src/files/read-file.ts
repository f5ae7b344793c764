// Reads files that a user names: with a limit on their size, and with messages that say what is wrong with the path.
import type { Stats } from 'node:fs';
import { access, type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type DiagnosticContext, fail, quoteName } from '../../ir/diagnostics.ts';
import { didYouMean } from '../../ir/spelling.ts';

/** The largest file that is read: beyond it lie neither models for small cores nor one array of JavaScript. */
export const fileBytesLimit = 2_000_000_000;

/** What system errors mean for a reader, by their codes. */
const problems: Readonly<Record<string, string>> = {
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  EISDIR: 'is a directory',
  ENOTDIR: 'is not reachable: a part of its path is a file',
  ELOOP: 'is not reachable: its path is a loop of links',
  ENAMETOOLONG: 'has a name longer than any file',
  ENXIO: 'is no file',
};

/**
 * The bytes of a file, or of a pipe to its end. `what` names the file's role in messages (`model`, `input`).
 *
 * @throws CompileError I8C0005 where the file is missing, unreadable, no file, or larger than `limit` bytes.
 */
export async function readBoundedFile(path: string, what: string, limit: number = fileBytesLimit): Promise<Uint8Array> {
  return withFile(path, what, async (file, stat) => {
    if (stat.isFile()) {
      if (stat.size > limit) refuse(path, what, `has ${stat.size} bytes, more than the ${limit} that int8c reads`);
      return await readUpTo(file, path, what, limit, stat.size + 1);
    }
    if (!stat.isFIFO()) refuse(path, what, 'is neither a file nor a pipe');
    return await readUpTo(file, path, what, limit, firstChunk);
  });
}

/** Some bytes of a file that stays on disk. */
export interface FileSlice {
  /** Bytes of the whole file. */
  readonly size: number;
  readonly bytes: Uint8Array;
}

/**
 * At most `length` bytes of a file from `offset` on, fewer where it ends before: for files that are too large to be held.
 *
 * @throws CompileError I8C0005 where the file is missing, unreadable, or no file.
 */
export async function readSlice(path: string, what: string, offset: number, length: number): Promise<FileSlice> {
  return withFile(path, what, async (file, stat) => {
    if (!stat.isFile()) refuse(path, what, 'is no file, of which parts can be read');
    const bytes = new Uint8Array(Math.max(0, Math.min(length, stat.size - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return { size: stat.size, bytes: bytes.subarray(0, filled) };
  });
}

/** Opens a file for `use`, and closes it; what the system has against it becomes a diagnostic. */
async function withFile<T>(path: string, what: string, use: (file: FileHandle, stat: Stats) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const stat = await file.stat();
    if (stat.isDirectory()) refuse(path, what, 'is a directory');
    return await use(file, stat);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT') return fail('I8C0005', `There is no ${what} ${quoteName(path)}.`, await similarFile(path));
    return refuse(path, what, problems[code] ?? `cannot be read (${code})`);
  } finally {
    await file?.close();
  }
}

/** What a read of a pipe starts with; it grows by doubling. */
const firstChunk = 65536;

/** Reads to the end; the buffer grows where the file gave no size, or grew since. */
async function readUpTo(
  file: FileHandle,
  path: string,
  what: string,
  limit: number,
  expected: number,
): Promise<Uint8Array> {
  let buffer = new Uint8Array(expected);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, null);
    if (bytesRead === 0) return buffer.subarray(0, filled);
    filled += bytesRead;
    if (filled > limit) refuse(path, what, `has more than the ${limit} bytes that int8c reads`);
    if (filled === buffer.length) {
      const larger = new Uint8Array(2 * buffer.length);
      larger.set(buffer);
      buffer = larger;
    }
  }
}

function refuse(path: string, what: string, problem: string): never {
  return fail('I8C0005', `The ${what} ${quoteName(path)} ${problem}.`);
}

async function similarFile(path: string): Promise<DiagnosticContext> {
  try {
    const hint = didYouMean(basename(path), await readdir(dirname(path)));
    return hint === undefined ? {} : { hint };
  } catch {
    return {};
  }
}

/** Whether there is anything at a path that can be seen. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
