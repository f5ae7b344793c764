// Generated C as a process of this machine: writes files to a temporary folder, builds them with the machine's C compiler,
// starts the result and talks to it over its standard streams.
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fail, internalError } from '../../ir/diagnostics.ts';
import type { RunnerOptions } from '../runner.ts';

const run = promisify(execFile);

/** Flags under which generated C must be clean. */
export const strictFlags: readonly string[] = [
  '-std=c99',
  '-Wall',
  '-Wextra',
  '-Wconversion',
  '-Wundef',
  '-Werror',
  '-pedantic',
];

/** Which compiler, and with which flags. */
export type CBuild = Pick<RunnerOptions, 'cc' | 'cflags'>;

/**
 * Builds the files, of which one has a `main`, and starts it. Throws CompileError I8C0005 without a C compiler, I8C0407
 * where it refuses the caller's flags.
 */
export async function startC(files: ReadonlyMap<string, string | Uint8Array>, options: CBuild): Promise<CProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'int8c-'));
  try {
    return new CProcess(folder, spawn(await build(files, folder, options), { stdio: 'pipe' }));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function build(
  files: ReadonlyMap<string, string | Uint8Array>,
  folder: string,
  options: CBuild,
): Promise<string> {
  for (const [name, contents] of files) await writeFile(join(folder, name), contents);
  const sources = [...files.keys()].filter((name) => name.endsWith('.c'));
  const executable = join(folder, 'program');
  const cc = options.cc ?? process.env.CC ?? 'cc';
  const own = options.cflags ?? ['-O2'];
  const args = [...strictFlags, ...own, ...sources, '-o', executable, '-lm'];
  try {
    await run(cc, args, { cwd: folder });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    if (code === 'ENOENT') {
      fail('I8C0005', `There is no C compiler ${JSON.stringify(cc)}.`, { hint: 'Install one, or set CC.' });
    }
    const said = stderr ?? String(error);
    if (options.cflags !== undefined) {
      fail('I8C0407', `${cc} does not build the program with ${own.join(' ')}: ${firstError(said)}.`);
    }
    internalError(`the generated C does not compile:\n${said}`);
  }
  return executable;
}

/** The line of a compiler's messages that says what is wrong. */
function firstError(messages: string): string {
  const lines = messages.trim().split('\n');
  return (lines.find((line) => line.includes('error')) ?? lines[0] ?? '').replace(/\.$/, '');
}

/** A running program and its streams. */
export class CProcess {
  private readonly folder: string;
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly chunks: Buffer[] = [];
  private errors = '';
  private received = 0;
  private wake: () => void = () => {};
  private ended = false;

  constructor(folder: string, process: ChildProcessWithoutNullStreams) {
    this.folder = folder;
    this.process = process;
    process.stdout.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.received += chunk.length;
      this.wake();
    });
    process.stderr.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    process.stdin.on('error', () => this.end());
    process.on('close', () => this.end());
  }

  /** Sends text, or a copy of bytes: the caller may change its array while the stream still holds it. */
  write(data: string | Uint8Array): void {
    this.process.stdin.write(typeof data === 'string' ? data : Uint8Array.from(data));
  }

  /** The next so many bytes that the program writes. */
  async read(count: number): Promise<Uint8Array> {
    while (this.received < count) {
      if (this.ended) internalError(`the compiled program stopped:\n${this.errors}`);
      await this.change();
    }
    const [first] = this.chunks;
    const all = first !== undefined && this.chunks.length === 1 ? first : Buffer.concat(this.chunks);
    this.chunks.splice(0, this.chunks.length, all.subarray(count));
    this.received -= count;
    return all.subarray(0, count);
  }

  /** Ends the program and removes its files. */
  async close(): Promise<void> {
    this.process.stdin.end();
    while (!this.ended) await this.change();
    await rm(this.folder, { recursive: true, force: true });
  }

  private end(): void {
    this.ended = true;
    this.wake();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
