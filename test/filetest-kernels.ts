// Runs a kernel of the loop IR on the loop interpreter, as JavaScript, as WebAssembly and as compiled C.

import { expect } from 'vitest';
import { instantiateJs } from '../backends/js/instantiate.ts';
import { instantiateWasm } from '../backends/wasm/instantiate.ts';
import { runProgram } from '../ir/loops/interpreter.ts';
import type { Kernel, LoopProgram, Storage, StorageClass } from '../ir/loops/kernel.ts';
import { kernelKey } from '../ir/loops/kernel-key.ts';
import { parseKernels } from '../ir/loops/parser.ts';
import { printKernel } from '../ir/loops/printer.ts';
import type { Buffer } from '../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../ir/tensor-data.ts';
import { tensorType } from '../ir/types.ts';
import { planArena } from '../passes/plan-memory.ts';
import { randomTensor, seededRandom } from '../src/random-tensor.ts';
import type { Engine } from '../src/runner.ts';
import { createCEngine } from '../src/runners/c.ts';
import { createWgslEngine } from '../src/runners/wgsl.ts';
import { hasCompiler } from './c-compiler.ts';
import { elementsOf, type Filetest } from './filetest.ts';
import { expectSame } from './filetest-modules.ts';
import { wasmBuilds } from './wasm-builds.ts';
import { hasWebGpu } from './web-gpu.ts';

const storageOf: Record<Buffer['role'], StorageClass> = {
  in: 'input',
  const: 'input',
  out: 'output',
  inout: 'output',
  scratch: 'arena',
};

/** A program that calls the kernel once on inputs and outputs of its own. */
function programOf(kernel: Kernel, scalars: readonly number[]): LoopProgram {
  const storages = kernel.buffers.map((b): Storage => {
    const tensor = { tensor: { name: b.name, shape: [b.length] } };
    const storage = storageOf[b.role];
    const packing = b.packing === undefined ? {} : { packing: b.packing };
    return {
      name: b.name,
      storage,
      element: b.element,
      length: b.length,
      ...packing,
      ...(storage === 'arena' ? {} : tensor),
    };
  });
  const lifetimes = storages.filter((s) => s.storage === 'arena').map((storage) => ({ storage, first: 0, last: 0 }));
  const args = storages.map((storage) => ({ storage, offset: 0 }));
  return {
    name: 'filetest',
    storages,
    kernels: [kernel],
    calls: [{ kernel, args, scalars, location: '' }],
    arena: planArena(lifetimes, []),
  };
}

export async function runKernelEverywhere(test: Filetest, kernel: Kernel): Promise<void> {
  const text = printKernel(kernel);
  const [again] = parseKernels(text);
  expect(again === undefined ? '' : kernelKey(again)).toBe(kernelKey(kernel));
  expect(again === undefined ? '' : printKernel(again)).toBe(text);
  const program = programOf(kernel, test.scalars);
  const inputs = program.storages.filter((s) => s.storage === 'input');
  const outputs = program.storages.filter((s) => s.storage === 'output');
  const js = instantiateJs(program);
  const engines = new Map<string, Engine>([
    ['loops', runProgram(program, { poison: true })],
    [
      'js',
      {
        reset: () => js.reset(),
        run(feeds) {
          const results = outputs.map((s) => allocateArray(s.element, s.length));
          js.run(feeds, results);
          return results;
        },
      },
    ],
  ]);
  for (const { name, features } of wasmBuilds) engines.set(`wasm ${name}`, instantiateWasm(program, features));
  if (hasWebGpu) engines.set('wgsl', await createWgslEngine(program));
  if (hasCompiler('gcc')) {
    const cflags = ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
    engines.set('c', await createCEngine(program, { cc: 'gcc', cflags }));
  }
  try {
    for (const run of test.runs) {
      const random = seededRandom(run.random?.seed ?? 0);
      for (let k = 0; k < (run.random?.count ?? 1); k++) {
        const feeds = inputs.map((s) =>
          run.random === undefined
            ? elementsOf(s.element, s.length, run.inputs.get(s.name))
            : randomTensor(tensorType(s.element, [s.length]), random).data,
        );
        let first: readonly TensorArray[] | undefined;
        for (const [name, engine] of engines) {
          const results = await engine.run(feeds);
          for (const [i, result] of results.entries()) {
            const s = outputs[i]!;
            const wanted =
              run.outputs.size === 0 ? first?.[i] : elementsOf(s.element, s.length, run.outputs.get(s.name));
            if (wanted !== undefined) expectSame(`${name}, run ${run.line} #${k}, ${s.name}`, result, wanted);
          }
          first ??= results.map((r) => r.slice());
        }
      }
    }
  } finally {
    for (const engine of engines.values()) await engine.close?.();
  }
}
