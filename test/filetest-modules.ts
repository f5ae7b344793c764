// Runs a module on the reference interpreter, the loops (interpreted and as JavaScript), as WebAssembly, as WGSL and as
// compiled C; every answer must have the same bytes (on WGSL, but for subnormal numbers).
import { expect } from 'vitest';
import { instantiateJs } from '../backends/js/instantiate.ts';
import { instantiateWasm } from '../backends/wasm/instantiate.ts';
import { createReferenceRunner } from '../ir/interpreter.ts';
import { runProgram } from '../ir/loops/interpreter.ts';
import { assertProgramVerified } from '../ir/loops/program-verifier.ts';
import { verifyKernel } from '../ir/loops/verifier.ts';
import type { Module } from '../ir/module.ts';
import { allocateArray, bytesOf, type TensorArray } from '../ir/tensor-data.ts';
import { elementCount } from '../ir/types.ts';
import { lowerFunction } from '../passes/lower.ts';
import { executable, runPasses } from '../passes/pipeline.ts';
import { type Isa, scalar, wgsl } from '../passes/schedule/isa.ts';
import { randomTensor, seededRandom } from '../src/random-tensor.ts';
import type { Engine } from '../src/runner.ts';
import { createCEngine } from '../src/runners/c.ts';
import { createWgslEngine } from '../src/runners/wgsl.ts';
import { hasCompiler } from './c-compiler.ts';
import { elementsOf, type Filetest } from './filetest.ts';
import { withoutSubnormals } from './subnormals.ts';
import { wasmBuilds } from './wasm-builds.ts';
import { hasWebGpu } from './web-gpu.ts';

/** Runs every directive. `others` are further forms of the module that must answer the same. */
export async function runEverywhere(test: Filetest, parse: () => Module, ...others: (() => Module)[]): Promise<void> {
  if (test.runs.length === 0) return;
  const { inputs, outputs } = parse().entry;
  const engines = new Map<string, Engine>();
  for (const [i, make] of [parse, ...others].entries()) {
    const suffix = i === 0 ? '' : ` of form ${i}`;
    for (const [name, engine] of await enginesFor(make)) engines.set(`${name}${suffix}`, engine);
  }
  try {
    for (const run of test.runs) {
      const random = seededRandom(run.random?.seed ?? 0);
      for (let k = 0; k < (run.random?.count ?? 1); k++) {
        const feeds = inputs.map(({ name, value: { type } }) =>
          run.random === undefined
            ? elementsOf(type.element, elementCount(type.shape), run.inputs.get(name))
            : randomTensor(type, random).data,
        );
        const expected = outputs.map(({ name, value: { type } }) =>
          run.outputs.size === 0
            ? undefined
            : elementsOf(type.element, elementCount(type.shape), run.outputs.get(name)),
        );
        let first: readonly TensorArray[] | undefined;
        for (const [name, engine] of engines) {
          const results = await engine.run(feeds);
          for (const [i, result] of results.entries()) {
            const wanted = expected[i] ?? first?.[i];
            if (wanted === undefined) continue;
            const allowed = name.startsWith('wgsl') ? withoutSubnormals : (array: TensorArray) => array;
            expectSame(`${name}, run ${run.line} #${k}, ${outputs[i]!.name}`, allowed(result), allowed(wanted));
          }
          first ??= results.map((r) => r.slice());
        }
      }
    }
  } finally {
    for (const engine of engines.values()) await engine.close?.();
  }
}

/** Byte equality, except that any NaN is a NaN. */
export function expectSame(what: string, actual: TensorArray, expected: TensorArray): void {
  const canonical = (a: TensorArray) =>
    a instanceof Float32Array ? bytesOf(a.map((x) => (Number.isNaN(x) ? Number.NaN : x))) : bytesOf(a);
  if (Buffer.compare(canonical(actual), canonical(expected)) === 0) return;
  expect(Array.from(actual as ArrayLike<number | bigint>), what).toEqual(
    Array.from(expected as ArrayLike<number | bigint>),
  );
  expect.fail(`${what}: signed zeros differ`);
}

async function enginesFor(parse: () => Module): Promise<Map<string, Engine>> {
  const plain = parse();
  runPasses(plain, { passes: executable });
  const reference = createReferenceRunner(plain.entry);
  const lower = (isa: Isa) => {
    const module = parse();
    runPasses(module, { isa });
    const program = lowerFunction(module.entry, { name: 'filetest', isa });
    for (const kernel of program.kernels) expect(verifyKernel(kernel)).toEqual([]);
    assertProgramVerified(program);
    return program;
  };
  const program = lower(scalar);
  const interpreted = runProgram(program, { poison: true });
  const js = instantiateJs(program);
  const engines = new Map<string, Engine>([
    ['reference', { run: (i) => reference.run(i).map((t) => t.data), reset: () => reference.reset() }],
    ['loops', interpreted],
    [
      'js',
      {
        reset: () => js.reset(),
        run(inputs) {
          const results = program.storages
            .filter((s) => s.storage === 'output')
            .map((s) => allocateArray(s.element, s.length));
          js.run(inputs, results);
          return results;
        },
      },
    ],
  ]);
  for (const { name, features, isa } of wasmBuilds) {
    engines.set(`wasm ${name}`, instantiateWasm(isa === scalar ? program : lower(isa), features));
  }
  if (hasWebGpu) engines.set('wgsl', await createWgslEngine(lower(wgsl)));
  if (hasCompiler('gcc')) {
    const cflags = ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
    engines.set('c', await createCEngine(program, { cc: 'gcc', cflags }));
  }
  return engines;
}
