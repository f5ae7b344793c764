// Writes the files of an artifact into a folder: all of them or, when one cannot be written, none.
import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail, quoteName } from '../../ir/diagnostics.ts';

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
}

/** What system errors mean for a writer, by their codes. */
const problems: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be made there',
  EACCES: 'may not be written to',
  EPERM: 'may not be written to',
  EROFS: 'is on a file system that is read only',
  EEXIST: 'is a file, not a folder',
  ENOTDIR: 'is not reachable: a part of its path is a file',
  EISDIR: 'has a folder where a file should go',
  ENOTEMPTY: 'has a folder where a file should go',
  ENOSPC: 'has no space left',
  ENAMETOOLONG: 'has a name longer than any folder',
};

/** Whether a name stays in the folder that it is joined to, on any system. */
const isPlainName = (name: string) => !/[/\\\0]/.test(name) && !['', '.', '..'].includes(name);

/**
 * Writes `files` (name to contents) into `folder`, which is made when it is missing. Each file is written under another
 * name and then renamed: nobody sees half of one, and a link of the same name is replaced, not followed.
 *
 * @param inputs Paths of files that must not be overwritten: what the artifact was made from.
 * @throws CompileError I8C0005 where the folder or a file cannot be written.
 */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  inputs: readonly string[] = [],
): Promise<WrittenFile[]> {
  const pending: { readonly from: string; readonly to: string; readonly bytes: number }[] = [];
  try {
    await makeFolder(folder);
    const sources = new Set(await Promise.all(inputs.map(realPlace)));
    const place = await realPlace(folder);
    for (const [name, contents] of files) {
      if (!isPlainName(name)) fail('I8C0005', `${quoteName(name)} is not the name of a file.`);
      if (sources.has(join(place, name))) {
        fail('I8C0005', `${quoteName(join(folder, name))} would overwrite what it is made from.`, {
          hint: 'Give another folder with -o, or another name with --name.',
        });
      }
      const from = join(folder, `.${name}.${process.pid}-${process.hrtime.bigint()}.tmp`);
      pending.push({ from, to: join(folder, name), bytes: contents.length });
      await writeFile(from, contents, { flag: 'wx' });
    }
    for (const { from, to } of pending) await rename(from, to);
    return pending.map(({ to, bytes }) => ({ path: to, bytes }));
  } catch (error) {
    await Promise.all(pending.map(({ from }) => rm(from, { force: true })));
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return fail('I8C0005', `The folder ${quoteName(folder)} ${problems[code] ?? `cannot be written to (${code})`}.`);
  }
}

/**
 * Makes a folder and those above it. Node's own `recursive` does not end where a file system refuses a folder as if its
 * parent were missing, as /proc does (Node 20).
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(folder) !== folder) {
      await makeFolder(dirname(folder));
      await mkdir(folder);
    } else if (code !== 'EEXIST' || !(await stat(folder)).isDirectory()) {
      throw error;
    }
  }
}

/** The path without links; as it is for what has no place of its own, such as a pipe. */
async function realPlace(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
