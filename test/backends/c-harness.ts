// Compiles generated C and runs it on given memory: for the tests of the C backend.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elementType } from '../../backends/c/c-types.ts';
import { printC } from '../../backends/c/print.ts';
import type { Call, Kernel, LoopProgram, Storage, StorageClass } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { allocateArray, arrayFromBytes, bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { bytesPerElement, type ElementType } from '../../ir/types.ts';

/** What generated C must be clean under. */
export const strictFlags = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-Wundef', '-Werror', '-pedantic'];
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

export interface Build {
  readonly title: string;
  readonly cc: 'gcc' | 'clang';
  readonly flags: readonly string[];
  /** Whether inputs are compiled in: unknown, known, or both are tried. */
  readonly constants: readonly boolean[];
}

export const builds: readonly Build[] = [
  { title: 'gcc -O0, sanitized', cc: 'gcc', flags: [...strictFlags, '-O0', ...sanitizers], constants: [false, true] },
  { title: 'gcc -O2', cc: 'gcc', flags: [...strictFlags, '-O2'], constants: [false] },
  { title: 'clang -O0, sanitized', cc: 'clang', flags: [...strictFlags, '-O0', ...sanitizers], constants: [true] },
  { title: 'clang -O2', cc: 'clang', flags: [...strictFlags, '-O2'], constants: [false] },
];

/** Writes the files, compiles every .c among them and runs the result with `input`; returns its standard output. */
export function compileAndRun(
  files: ReadonlyMap<string, string | Uint8Array>,
  cc: string,
  flags: readonly string[],
  input: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'int8c-test-'));
  try {
    for (const [name, contents] of files) writeFileSync(join(folder, name), contents);
    const sources = [...files.keys()].filter((name) => name.endsWith('.c'));
    execFileSync(cc, [...flags, ...sources, '-o', 'probe', '-lm'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const limits = { cwd: folder, input, maxBuffer: 1 << 28, timeout: 60_000 };
    return execFileSync(join(folder, 'probe'), { ...limits, stdio: ['pipe', 'pipe', 'pipe'] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A kernel to run: its buffers' contents, of which those of role `in` may be compiled in as constants. */
export interface KernelRun {
  readonly kernel: Kernel;
  readonly scalars: readonly number[];
  readonly memory: ReadonlyMap<Buffer, TensorArray>;
}

/** Elements between buffers, so that each starts aligned to 16 bytes. */
const roundUp = (n: number) => Math.ceil(n / 16) * 16;

/** Kernels in one program: compilers inline all of them into its run, and take more than twice as long for twice as many. */
const batch = 50;

/** Runs kernels, many to a program, and returns every kernel's memory after it; see {@link runBatch}. */
export function runKernels(
  runs: readonly KernelRun[],
  constants: boolean,
  cc: string,
  flags: readonly string[],
): Map<Buffer, TensorArray>[] {
  const after: Map<Buffer, TensorArray>[] = [];
  for (let i = 0; i < runs.length; i += batch) after.push(...runBatch(runs.slice(i, i + batch), constants, cc, flags));
  return after;
}

/**
 * Runs kernels as one program: their buffers are stretches of one array for each element type, and of one constant
 * for each where `constants` asks for it.
 */
function runBatch(
  runs: readonly KernelRun[],
  constants: boolean,
  cc: string,
  flags: readonly string[],
): Map<Buffer, TensorArray>[] {
  const isConstant = (b: Buffer) => constants && (b.role === 'in' || b.role === 'const');
  const packs = new Map<string, { element: ElementType; storage: StorageClass; length: number }>();
  const places = new Map<TensorArray, { pack: string; offset: number }>();
  for (const { memory } of runs) {
    for (const [buffer, array] of memory) {
      const storage = isConstant(buffer) ? 'const' : 'output';
      const pack = `${storage}_${buffer.element}`;
      const { length } = packs.get(pack) ?? { length: 0 };
      places.set(array, { pack, offset: length });
      packs.set(pack, { element: buffer.element, storage, length: roundUp(length + array.length) });
    }
  }
  const contents = new Map(Array.from(packs, ([name, p]) => [name, allocateArray(p.element, p.length)] as const));
  for (const [array, { pack, offset }] of places) {
    bytesOf(contents.get(pack)!).set(bytesOf(array), offset * array.BYTES_PER_ELEMENT);
  }
  const storages = new Map<string, Storage>();
  for (const [name, { element, storage, length }] of packs) {
    const data = storage === 'const' ? { data: contents.get(name)! } : {};
    storages.set(name, { name, storage, element, length, ...data });
  }
  const calls = runs.map(({ kernel, scalars, memory }): Call => {
    const args = Array.from(memory.values(), (array) => {
      const { pack, offset } = places.get(array)!;
      return { storage: storages.get(pack)!, offset };
    });
    return { kernel, args, scalars, location: kernel.comment };
  });
  const program: LoopProgram = {
    name: 'probe',
    storages: [...storages.values()],
    kernels: runs.map((r) => r.kernel),
    calls,
    arena: { offsets: new Map(), bytes: 0, lowerBound: 0 },
  };
  const files = printC(program, { name: 'probe' });
  files.set('main.c', rewritingMain(program));
  const outputs = program.storages.filter((s) => s.storage === 'output');
  const before = Buffer.concat(outputs.map((s) => bytesOf(contents.get(s.name)!)));
  const after = compileAndRun(files, cc, flags, before);
  let at = 0;
  for (const s of outputs) {
    const bytes = s.length * bytesPerElement(s.element);
    contents.set(s.name, arrayFromBytes(s.element, after.subarray(at, at + bytes)));
    at += bytes;
  }
  return runs.map(({ memory }) => {
    const read = (array: TensorArray) => {
      const { pack, offset } = places.get(array)!;
      return contents.get(pack)!.slice(offset, offset + array.length);
    };
    return new Map(Array.from(memory, ([buffer, array]) => [buffer, read(array)]));
  });
}

/** A main that reads the outputs' arrays, runs the program over them and writes them. */
function rewritingMain(program: LoopProgram): string {
  const outputs = program.storages.filter((s) => s.storage === 'output');
  return [
    '#include <stdio.h>',
    '#include "probe.h"',
    ...outputs.map((s) => `static ${elementType(s.element)} ${s.name}[${s.length}];`),
    'int main(void) {',
    ...outputs.map((s) => `  if (fread(${s.name}, sizeof ${s.name}, 1, stdin) != 1) return 1;`),
    `  if (probe_invoke(${outputs.map((s) => s.name).join(', ')}) != 0) return 2;`,
    ...outputs.map((s) => `  if (fwrite(${s.name}, sizeof ${s.name}, 1, stdout) != 1) return 3;`),
    '  return 0;',
    '}',
    '',
  ].join('\n');
}
