// Runs the built command as its users do: a process of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
const main = join(repository, 'dist/src/cli/main.js');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Options for Node itself. */
  readonly node?: readonly string[];
}

/** The command line that runs int8c, for a shell. */
export const shellCommand = `'${process.execPath}' '${main}'`;

/** Runs `int8c args...` to its end. */
export function int8c(args: readonly string[], options: RunOptions = {}): Finished {
  if (!existsSync(main)) throw new Error('dist is missing: run `npm run build` first (`npm test` does)');
  // Whoever runs the tests may have colours forced.
  const { FORCE_COLOR: _, ...environment } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [...(options.node ?? []), main, ...args], {
    cwd: options.cwd ?? repository,
    env: { ...environment, ...options.env },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 60_000,
  });
  return { code: status, stdout, stderr };
}

/** A folder for the files of one test file; it is removed at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'int8c-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file of the bundled example. */
export const example = (name: string): string => join(repository, 'docs/example', name);
