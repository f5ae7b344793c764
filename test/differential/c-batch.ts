// Runs many programs as one compiled C program: a translation unit for each, and a main that feeds one after the other.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elementType } from '../../backends/c/c-types.ts';
import { printC } from '../../backends/c/print.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { arrayFromBytes, bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { strictFlags } from '../../src/runners/c.ts';

/** A lowered program and the inputs of its runs. */
export interface BatchItem {
  readonly program: LoopProgram;
  readonly runs: readonly (readonly TensorArray[])[];
}

export interface CompilerOptions {
  readonly cc: string;
  readonly cflags: readonly string[];
}

/** The outputs of every run of every program. Throws where the compiler or one of the programs fails. */
export function runAsC(items: readonly BatchItem[], { cc, cflags }: CompilerOptions): TensorArray[][][] {
  const folder = mkdtempSync(join(tmpdir(), 'int8c-programs-'));
  try {
    const files = new Map<string, string | Uint8Array>([['main.c', mainOf(items)]]);
    for (const [i, { program }] of items.entries()) {
      for (const [name, text] of printC(program, { name: `p${i}` })) files.set(name, text);
    }
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
    const sources = [...files.keys()].filter((name) => name.endsWith('.c'));
    const args = [...strictFlags, ...cflags, ...sources, '-o', 'programs', '-lm'];
    execFileSync(cc, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const input = Buffer.concat(items.flatMap(({ runs }) => runs.flatMap((run) => run.map((a) => bytesOf(a)))));
    const ran = spawnSync(join(folder, 'programs'), { input, maxBuffer: 1 << 28, timeout: 120_000 });
    if (ran.status !== 0) throw new Error(`compiled C ended with ${ran.signal ?? ran.status}:\n${ran.stderr}`);
    return outputsOf(items, ran.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const storagesOf = (program: LoopProgram, kind: 'input' | 'output') =>
  program.storages.filter((s) => s.storage === kind);

function outputsOf(items: readonly BatchItem[], bytes: Uint8Array): TensorArray[][][] {
  let at = 0;
  const take = (count: number) => {
    at += count;
    return bytes.subarray(at - count, at);
  };
  return items.map(({ program, runs }) =>
    runs.map(() =>
      storagesOf(program, 'output').map((s) => arrayFromBytes(s.element, take(s.length * bytesPerElement(s.element)))),
    ),
  );
}

/** Every tensor is an array of its own, so that the address sanitizer sees what reads or writes past one. */
function mainOf(items: readonly BatchItem[]): string {
  const parts = items.map(({ program, runs }, i) => {
    const [inputs, outputs] = [storagesOf(program, 'input'), storagesOf(program, 'output')];
    const name = (kind: string, k: number) => `p${i}_${kind}${k}`;
    const array = (kind: string, s: LoopProgram['storages'][number], k: number) =>
      `static ${elementType(s.element)} ${name(kind, k)}[${Math.max(1, s.length)}];`;
    const move = (f: string, kind: string, s: LoopProgram['storages'][number], k: number) =>
      `    ${f}(${name(kind, k)}, ${s.length * bytesPerElement(s.element)}u);`;
    const args = [...inputs.map((_, k) => name('in', k)), ...outputs.map((_, k) => name('out', k))];
    return [
      ...inputs.map((s, k) => array('in', s, k)),
      ...outputs.map((s, k) => array('out', s, k)),
      `static void run${i}(void) {`,
      `  for (int i = 0; i < ${runs.length}; i++) {`,
      ...inputs.map((s, k) => move('take', 'in', s, k)),
      `    if (p${i}_invoke(${args.join(', ')}) != 0) exit(3);`,
      ...outputs.map((s, k) => move('give', 'out', s, k)),
      '  }',
      '}',
    ].join('\n');
  });
  return `#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
${items.map((_, i) => `#include "p${i}.h"`).join('\n')}
void take(void *to, size_t count);
void give(const void *from, size_t count);
void take(void *to, size_t count) {
  if (fread(to, 1, count, stdin) != count) exit(1);
}
void give(const void *from, size_t count) {
  if (fwrite(from, 1, count, stdout) != count) exit(2);
}
${parts.join('\n')}
int main(void) {
${items.map((_, i) => `  run${i}();`).join('\n')}
  return 0;
}
`;
}
