// Runs a program as compiled C: writes the artifact and a small driver to a temporary folder, builds them with the
// machine's C compiler, and talks to the process over its standard streams.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { printDriver } from '../../backends/c/driver.ts';
import { printC } from '../../backends/c/print.ts';
import { fail } from '../../ir/diagnostics.ts';
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import { arrayFromBytes, bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { bytesPerElement } from '../../ir/types.ts';
import type { Engine, RunnerOptions } from '../runner.ts';

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

/** Builds the program and starts it. Throws CompileError I8C0005 when there is no working C compiler. */
export async function createCEngine(
  program: LoopProgram,
  options: Pick<RunnerOptions, 'cc' | 'cflags'>,
): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'int8c-'));
  try {
    const executable = await build(program, folder, options);
    return new CEngine(program, folder, spawn(executable, { stdio: ['pipe', 'pipe', 'pipe'] }));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function build(
  program: LoopProgram,
  folder: string,
  options: Pick<RunnerOptions, 'cc' | 'cflags'>,
): Promise<string> {
  const files = new Map([...printC(program, { name: program.name }), ['driver.c', printDriver(program)]]);
  for (const [name, contents] of files) await writeFile(join(folder, name), contents);
  const sources = [...files.keys()].filter((name) => name.endsWith('.c'));
  const executable = join(folder, 'program');
  const cc = options.cc ?? process.env.CC ?? 'cc';
  const args = [...strictFlags, ...(options.cflags ?? ['-O2']), ...sources, '-o', executable, '-lm'];
  try {
    await run(cc, args, { cwd: folder });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    if (code === 'ENOENT') {
      fail('I8C0005', `There is no C compiler ${JSON.stringify(cc)}.`, { hint: 'Install one, or set CC.' });
    }
    throw new Error(`internal error[I8C0901]: the generated C does not compile:\n${stderr ?? String(error)}`);
  }
  return executable;
}

/** A running program. Commands are single bytes: `i` with the inputs answers with the outputs, `r` resets. */
class CEngine implements Engine {
  private readonly outputs: readonly Storage[];
  private readonly folder: string;
  private readonly process: ChildProcess;
  private readonly chunks: Buffer[] = [];
  private errors = '';
  private received = 0;
  private wake: () => void = () => {};
  private ended = false;

  constructor(program: LoopProgram, folder: string, process: ChildProcess) {
    this.outputs = program.storages.filter((s) => s.storage === 'output');
    this.folder = folder;
    this.process = process;
    process.stdout!.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.received += chunk.length;
      this.wake();
    });
    process.stderr!.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    process.stdin!.on('error', () => this.end());
    process.on('close', () => this.end());
  }

  async run(inputs: readonly TensorArray[]): Promise<readonly TensorArray[]> {
    this.process.stdin!.write('i');
    // The views are copied: a caller may change its arrays while the stream still holds them.
    for (const array of inputs) this.process.stdin!.write(Uint8Array.from(bytesOf(array)));
    const results: TensorArray[] = [];
    for (const s of this.outputs) {
      results.push(arrayFromBytes(s.element, await this.read(s.length * bytesPerElement(s.element))));
    }
    return results;
  }

  reset(): void {
    this.process.stdin!.write('r');
  }

  async close(): Promise<void> {
    this.process.stdin!.end();
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

  private async read(count: number): Promise<Uint8Array> {
    while (this.received < count) {
      if (this.ended) throw new Error(`internal error[I8C0901]: the compiled program stopped:\n${this.errors}`);
      await this.change();
    }
    const all = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    this.chunks.splice(0, this.chunks.length, all.subarray(count));
    this.received -= count;
    return all.subarray(0, count);
  }
}
