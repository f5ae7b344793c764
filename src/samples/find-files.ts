// Finds the sample files that a user's patterns mean: files, folders with all that is below them, and globs.
import { stat } from 'node:fs/promises';
import { extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { compareNaturally } from './natural-order.ts';
import { sampleExtensions } from './sample-forms.ts';

/** A file, and the folder under which it was found where a folder was named. */
export interface FoundFile {
  readonly path: string;
  readonly folder?: string;
}

const withSlashes = (path: string) => (sep === '/' ? path : path.replaceAll(sep, '/'));

/** Whether a pattern that names nothing as it stands can be meant as a glob. */
const isGlob = (pattern: string) => /[*?[\]{}()!+@]/.test(pattern);

/**
 * The files that patterns mean, each once, in natural order whatever the order of the patterns (a shell that expands
 * globs itself has an order of its own). Of a folder these are all files below it whose form is known by their name;
 * names that begin with a dot are left out.
 *
 * @throws CompileError I8C0005 where a pattern means no file.
 */
export async function findFiles(patterns: readonly string[]): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const pattern of patterns) {
    for (const file of await filesOf(pattern)) {
      const key = withSlashes(resolve(file.path));
      if (!found.has(key)) found.set(key, file);
    }
  }
  return [...found].sort(([a], [b]) => compareNaturally(a, b)).map(([, file]) => file);
}

async function filesOf(pattern: string): Promise<FoundFile[]> {
  // What is there under the very name is meant, though the name may look like a glob.
  const there = await stat(pattern).catch(() => undefined);
  if (there?.isDirectory()) {
    const files = (await search('**', pattern)).filter((path) => sampleExtensions.has(extname(path).toLowerCase()));
    if (files.length === 0) {
      fail('I8C0005', `The folder ${quoteName(pattern)} holds no samples.`, {
        hint: `int8c reads ${[...sampleExtensions.keys()].join(', ')}.`,
      });
    }
    return files.map((path) => ({ path: join(pattern, path), folder: pattern }));
  }
  if (there === undefined && !isGlob(pattern) && !sampleExtensions.has(extname(pattern).toLowerCase())) {
    fail('I8C0005', `There is no file and no folder ${quoteName(pattern)}.`);
  }
  if (there !== undefined || !isGlob(pattern)) return [{ path: pattern }];
  const files = await search(withSlashes(pattern), '.');
  if (files.length === 0) fail('I8C0005', `No file is named like ${quoteName(pattern)}.`);
  return files.map((path) => ({ path }));
}

async function search(glob: string, cwd: string): Promise<string[]> {
  const { glob: find } = await import('tinyglobby');
  try {
    return await find(glob, { cwd, absolute: isAbsolute(glob), onlyFiles: true, expandDirectories: false });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail('I8C0005', `The files of ${quoteName(glob)} cannot be listed: ${reason}.`);
  }
}

/**
 * The class of each file where the data set is a folder with a folder for each class: the index of that folder's name.
 * Names that are all numbers are sorted as such, others by their code units, as Keras and torchvision sort them.
 * Undefined where a file was not found below a folder, or lies in it directly.
 */
export function classesOf(files: readonly FoundFile[]): number[] | undefined {
  const names: string[] = [];
  for (const { path, folder } of files) {
    if (folder === undefined) return undefined;
    const parts = withSlashes(relative(folder, path)).split('/');
    if (parts.length < 2) return undefined;
    names.push(parts[0] ?? '');
  }
  const sorted = [...new Set(names)].sort();
  if (sorted.every((name) => /^\d+$/.test(name))) sorted.sort((a, b) => Number(a) - Number(b));
  const index = new Map(sorted.map((name, i) => [name, i]));
  return names.map((name) => index.get(name) ?? 0);
}
