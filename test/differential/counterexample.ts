// A failing program as a filetest: the module's text with everything in it, and a `// run:` line for each run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printModule } from '../../ir/printer.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { formatF32 } from '../../ir/types.ts';
import type { Example } from './recipe.ts';

/** What test/filetests/ops takes (test/filetests/README.md). */
export function filetestText({ module, runs }: Example, comment: string): string {
  const { text } = printModule(module, { inlineLimit: Number.POSITIVE_INFINITY });
  const names = module.entry.inputs.map((i) => i.name);
  const lines = runs.map((run) => `// run: ${run.map((data, i) => `${names[i]}=[${elements(data)}]`).join(', ')}`);
  return `// ${comment.replaceAll('\n', '\n// ')}\n${text}${lines.join('\n')}\n`;
}

function elements(data: TensorArray): string {
  return data instanceof Float32Array ? Array.from(data, formatF32).join(', ') : data.join(', ');
}

/** Writes a filetest and returns its path. INT8C_COUNTEREXAMPLES names another folder than the system's for them. */
export function writeCounterexample(name: string, text: string): string {
  const folder = process.env.INT8C_COUNTEREXAMPLES ?? join(tmpdir(), 'int8c-counterexamples');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.ir`);
  writeFileSync(path, text);
  return path;
}
