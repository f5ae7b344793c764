// The ways in which a random program is run: as compiled for every target, each in the form that the target's own
// schedule gives it.
import { instantiateJs } from '../../backends/js/instantiate.ts';
import { instantiateWasm, usableFeatures } from '../../backends/wasm/instantiate.ts';
import { createReferenceRunner } from '../../ir/interpreter.ts';
import { runProgram } from '../../ir/loops/interpreter.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import type { Module } from '../../ir/module.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import { elementCount } from '../../ir/types.ts';
import { executable, runPasses } from '../../passes/pipeline.ts';
import { scalar, wgsl } from '../../passes/schedule/isa.ts';
import type { Engine } from '../../src/runner.ts';
import { createWgslEngine } from '../../src/runners/wgsl.ts';
import { wasmIsa } from '../../src/wasm-isa.ts';
import { hasCompiler } from '../c-compiler.ts';
import { hasWebGpu } from '../web-gpu.ts';
import { type BatchItem, runAsC } from './c-batch.ts';
import type { Subject } from './subject.ts';

/** The outputs of each run, or what stopped the program. */
export type Outcome = readonly (readonly TensorArray[])[] | Error;

export interface Target {
  readonly name: string;
  /** The suite gives it one program in so many: some take long, and some see what others see. */
  readonly every: number;
  run(subjects: readonly Subject[]): Promise<Outcome[]>;
}

const asError = (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown)));

async function runsOn(engine: Engine, subject: Subject): Promise<Outcome> {
  try {
    const results: TensorArray[][] = [];
    for (const inputs of subject.runs) results.push((await engine.run(inputs)).map((a) => a.slice()));
    return results;
  } finally {
    await engine.close?.();
  }
}

/** A target whose programs are run one at a time. */
function oneByOne(name: string, open: (subject: Subject) => Promise<Engine> | Engine, every = 1): Target {
  return {
    name,
    every,
    async run(subjects) {
      const outcomes: Outcome[] = [];
      for (const s of subjects) {
        outcomes.push(
          await Promise.resolve(s)
            .then(open)
            .then((e) => runsOn(e, s))
            .catch(asError),
        );
      }
      return outcomes;
    },
  };
}

function referenceEngine(module: Module): Engine {
  const runner = createReferenceRunner(module.entry);
  return { run: (inputs) => runner.run(inputs).map((t) => t.data), reset: () => runner.reset() };
}

/** The oracle: every operator's own reference, after the one pass that gives quantized operators a meaning. */
export const reference: Target = oneByOne('reference', (subject) => {
  const module = subject.module();
  runPasses(module, { passes: executable });
  return referenceEngine(module);
});

/** The references again, after all passes: what differs here is a pass. */
const passes = oneByOne('reference, after all passes', (subject) => {
  const module = subject.module();
  runPasses(module);
  return referenceEngine(module);
});

/** More products and elements than this take the loop interpreter too long; JavaScript runs the same loops. */
const interpretedWork = 6_000;

function workOf(subject: Subject): number {
  const each = subject
    .module()
    .entry.ops.map(
      (op) => (op.definition.macs?.(op) ?? 0) + op.results.reduce((n, r) => n + elementCount(r.type.shape), 0),
    );
  return each.reduce((a, b) => a + b, 0);
}

function jsEngine(program: LoopProgram): Engine {
  const js = instantiateJs(program);
  const outputs = program.storages.filter((s) => s.storage === 'output');
  return {
    reset: () => js.reset(),
    run(inputs) {
      const results = outputs.map((s) => allocateArray(s.element, s.length));
      js.run(inputs, results);
      return results;
    },
  };
}

const loops = oneByOne(
  'loops',
  (subject) => {
    const program = subject.lowered(scalar);
    return workOf(subject) > interpretedWork ? jsEngine(program) : runProgram(program, { poison: true });
  },
  2,
);

const js = oneByOne('js', (subject) => jsEngine(subject.lowered(scalar)));

/** Scalar WebAssembly has the schedule of JavaScript and C, and both kinds of SIMD have one backend. */
const wasmEvery = { scalar: 4, simd: 1, relaxed: 2 } as const;

/** Forms of WebAssembly. Where the engine computes relaxed dots in a way of its own, exact instructions stand for them. */
const wasm = (['scalar', 'simd', 'relaxed'] as const).map((asked) => {
  const features = usableFeatures(asked);
  const isa = wasmIsa(asked);
  const name = features === asked ? `wasm ${asked}` : `wasm ${asked} with the instructions of ${features}`;
  return oneByOne(name, (subject) => instantiateWasm(subject.lowered(isa), features), wasmEvery[asked]);
});

/** Not optimized, because compilation takes longest: filetests, goldens and networks are. */
const sanitized = { cc: 'gcc', cflags: ['-O0', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'] };

/** One build for all programs; where that fails, one for each, to find which it was. */
async function runTogether(subjects: readonly Subject[]): Promise<Outcome[]> {
  try {
    const items = subjects.map((s): BatchItem => ({ program: s.lowered(scalar), runs: s.runs }));
    return runAsC(items, sanitized);
  } catch (thrown) {
    if (subjects.length === 1) return [asError(thrown)];
    return (await Promise.all(subjects.map((s) => runTogether([s])))).flat();
  }
}

const c: Target = { name: 'c', every: 2, run: runTogether };

/** SwiftShader takes a quarter of a second for the shaders of a program. */
const webGpu = oneByOne('wgsl', (subject) => createWgslEngine(subject.lowered(wgsl)), 8);

/** What is held to the reference on this machine. */
export const targets: readonly Target[] = [
  passes,
  loops,
  js,
  ...wasm,
  ...(hasCompiler('gcc') ? [c] : []),
  ...(hasWebGpu ? [webGpu] : []),
];

/** What this machine lacks, a line for each. */
export const missing: readonly string[] = [
  ...(hasCompiler('gcc') ? [] : ['There is no gcc: random programs do not run as C.']),
  ...(hasWebGpu ? [] : ['There is no WebGPU: random programs do not run as WGSL.']),
];
