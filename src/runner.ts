// Runs a program here: on the reference interpreter, as JavaScript, as WebAssembly, as WGSL on a WebGPU device, or as C
// through the machine's own compiler.
import type { WasmFeatures } from '../backends/wasm/features.ts';
import { fail, quoteName } from '../ir/diagnostics.ts';
import { didYouMean } from '../ir/spelling.ts';
import { allocateArray, type TensorArray } from '../ir/tensor-data.ts';
import { type ElementType, elementCount } from '../ir/types.ts';
import { type Compiled, lowerProgram } from './compile.ts';
import type { Program, TensorInfo } from './program.ts';
import { type RunnerTarget, runnerTargetNamed } from './targets.ts';

export interface RunnerOptions {
  /**
   * `interp`: the reference of each operator; `js`: the compiled loops; `wasm`: the WebAssembly module; `wgsl`: the
   * compute shaders, on the browser's WebGPU or that of the npm package `webgpu`; `c`: the C artifact, built with a C
   * compiler.
   */
  target: RunnerTarget;
  /** For `wasm`: instructions that the module may use, `relaxed` where the engine computes it exactly. Default: `simd`. */
  wasm?: WasmFeatures;
  /** For `c`: the compiler's command. Default: the environment's CC, or `cc`. */
  cc?: string;
  /** For `c`: compiler flags. Default -O2. */
  cflags?: readonly string[];
}

/** Tensors by name: i64 as BigInt64Array, bool as Uint8Array of 0 and 1, f16 as bits in a Uint16Array. */
export type Feeds = Readonly<Record<string, TensorArray>>;

export interface Runner {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** One inference. Every input must be fed; returns every output. Throws CompileError I8C0402 for a wrong feed. */
  run(feeds: Feeds): Promise<Record<string, TensorArray>>;
  /** States start again. */
  reset(): Promise<void>;
  /** Ends what the runner holds (a process, temporary files). */
  close(): Promise<void>;
}

/** What a runner's engine does: arrays in the order of the program's interface. */
export interface Engine {
  run(inputs: readonly TensorArray[]): Promise<readonly TensorArray[]> | readonly TensorArray[];
  reset(): Promise<void> | void;
  close?(): Promise<void>;
}

async function engineFor(program: Program, source: Program | Compiled, options: RunnerOptions): Promise<Engine> {
  switch (runnerTargetNamed(options.target)) {
    case 'interp': {
      const { referenceEngine } = await import('./runners/reference.ts');
      return referenceEngine(program);
    }
    case 'js': {
      const { instantiateJs } = await import('../backends/js/instantiate.ts');
      const js = instantiateJs('loops' in source ? source.loops : lowerProgram(program).loops);
      return {
        reset: () => js.reset(),
        run(inputs) {
          const outputs = program.outputs.map(({ type }) => allocateArray(type.element, elementCount(type.shape)));
          js.run(inputs, outputs);
          return outputs;
        },
      };
    }
    case 'wasm': {
      const [{ instantiateWasm, usableFeatures }, { wasmIsa }] = await Promise.all([
        import('../backends/wasm/instantiate.ts'),
        import('./wasm-isa.ts'),
      ]);
      const features = usableFeatures(options.wasm ?? 'simd');
      // What was compiled for another target is scheduled for that.
      return instantiateWasm(lowerProgram(program, { isa: wasmIsa(features) }).loops, features);
    }
    case 'wgsl': {
      const [{ createWgslEngine }, { wgsl }] = await Promise.all([
        import('./runners/wgsl.ts'),
        import('../passes/schedule/isa.ts'),
      ]);
      return createWgslEngine(lowerProgram(program, { isa: wgsl }).loops);
    }
    case 'c': {
      const { createCEngine } = await import('./runners/c.ts');
      return createCEngine('loops' in source ? source.loops : lowerProgram(program).loops, options);
    }
  }
}

/** Prepares a program, or a compiled one, to run. */
export async function createRunner(source: Program | Compiled, options: RunnerOptions): Promise<Runner> {
  const program = 'program' in source ? source.program : source;
  const engine = await engineFor(program, source, options);
  const { inputs, outputs } = program;
  return {
    inputs,
    outputs,
    async run(feeds) {
      const results = await engine.run(checkFeeds(inputs, feeds));
      return Object.fromEntries(outputs.map((o, i) => [o.name, results[i]!]));
    },
    async reset() {
      await engine.reset();
    },
    async close() {
      await engine.close?.();
    },
  };
}

const arrayNames: Record<ElementType, string> = {
  f32: 'Float32Array',
  f16: 'Uint16Array',
  i4: 'Int8Array',
  i8: 'Int8Array',
  u8: 'Uint8Array',
  bool: 'Uint8Array',
  i16: 'Int16Array',
  i32: 'Int32Array',
  i64: 'BigInt64Array',
};

/** The feeds in interface order; throws CompileError I8C0402 naming what is missing, unknown, or of a wrong type. */
export function checkFeeds(inputs: readonly TensorInfo[], feeds: Feeds): TensorArray[] {
  const names = inputs.map((i) => i.name);
  for (const name of Object.keys(feeds)) {
    if (names.includes(name)) continue;
    const known = names.map(quoteName).join(', ');
    fail('I8C0402', `The program has no input ${quoteName(name)}.`, {
      hint: didYouMean(name, names) ?? `It has ${known === '' ? 'none' : known}.`,
    });
  }
  return inputs.map(({ name, type }) => {
    const array = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    if (array === undefined) return fail('I8C0402', `Input ${quoteName(name)} is missing.`);
    const expected = arrayNames[type.element];
    const given: unknown = array;
    const actual = typeof given === 'object' && given !== null ? given.constructor.name : typeof given;
    // A Buffer is a Uint8Array.
    const fits = actual === expected || (expected === 'Uint8Array' && array instanceof Uint8Array);
    if (!fits) fail('I8C0402', `Input ${quoteName(name)} needs a ${expected}, got ${actual}.`);
    const count = elementCount(type.shape);
    if (array.length !== count) {
      const shape = type.shape.join(', ');
      fail('I8C0402', `Input ${quoteName(name)} needs ${count} elements ([${shape}]), got ${array.length}.`);
    }
    return array;
  });
}
