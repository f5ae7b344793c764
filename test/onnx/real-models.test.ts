// Networks from the field against ONNX Runtime with its optimizations off: every output of seeded inputs, as WebAssembly
// and as JavaScript, small ones as C and WGSL too, with state carried from run to run. INT8C_ONNX=all runs all everywhere.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { elementCount } from '../../ir/types.ts';
import { createRunner, type Feeds, importModel, type Program } from '../../src/index.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import type { RunnerTarget } from '../../src/targets.ts';
import { hasCompiler } from '../c-compiler.ts';
import { hasShared, listShared, sharedPath } from '../shared-folder.ts';
import { wavesAndNoise } from '../waves-and-noise.ts';
import { hasWebGpu } from '../web-gpu.ts';
import { modelForOrt } from './model-for-ort.ts';
import { createOrtSession, onnxRuntime } from './onnx-runtime.ts';
import { type RealNetwork, realNetworks, sigmoidError } from './real-networks.ts';

const folder = ['models', 'real'] as const;
const all = process.env.INT8C_ONNX === 'all';

/** What a network runs on: large ones as WebAssembly, small ones everywhere, and all everywhere when asked. */
function targetsOf({ large, small }: RealNetwork): readonly RunnerTarget[] {
  const elsewhere: RunnerTarget[] = [
    ...(hasCompiler('gcc') ? ['c' as const] : []),
    ...(hasWebGpu ? ['wgsl' as const] : []),
  ];
  return ['wasm', ...(large && !all ? [] : ['js' as const]), ...(small || all ? elsewhere : [])];
}

/** Inputs of a run, and what ONNX Runtime gives for them. */
interface Step {
  readonly feeds: Feeds;
  readonly expected: Feeds;
}

/** Runs that follow each other: one, or three of a network with state, which is ONNX Runtime's from the second on. */
async function expectedSteps(network: RealNetwork, program: Program, model: Uint8Array): Promise<Step[]> {
  if (onnxRuntime === undefined) throw new Error('ONNX Runtime is not installed');
  const { Tensor } = onnxRuntime;
  const session = await createOrtSession(onnxRuntime, modelForOrt(model, network.logits));
  const state = Object.entries(network.state ?? {});
  const bound = Object.entries(network.options?.bind ?? {}).map(([name, value]) => {
    if (!('values' in value)) throw new Error(`${name} is bound to a file`);
    return [name, new Tensor('int64', BigInt64Array.from(value.values, BigInt), value.shape)];
  });
  const random = seededRandom(1);
  const steps: Step[] = [];
  for (let step = 0; step < (state.length > 0 ? 3 : 1); step++) {
    const last = steps.at(-1)?.expected;
    const feeds = Object.fromEntries(
      program.inputs.map((input): [string, TensorArray] => {
        const source = network.state?.[input.name];
        if (source === undefined) return [input.name, wavesAndNoise(input, network.range, random)];
        return [input.name, last?.[source] ?? new Float32Array(elementCount(input.type.shape))];
      }),
    );
    const tensors = program.inputs.map(({ name, type }) => [name, new Tensor('float32', feeds[name]!, type.shape)]);
    const results = await session.run(Object.fromEntries([...tensors, ...bound]));
    for (const { name, type } of program.outputs) expect(results[name]?.dims, name).toEqual(type.shape);
    steps.push({
      feeds,
      expected: Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data])),
    });
  }
  return steps;
}

/** What of `found` is further from `expected` than the network's tolerance allows; undefined when nothing is. */
function difference(
  { tolerance, sigmoid }: RealNetwork,
  found: TensorArray,
  expected: TensorArray,
): string | undefined {
  let magnitude = 0;
  for (const x of expected) magnitude = Math.max(magnitude, Math.abs(Number(x)));
  const allowed = Math.max(tolerance * magnitude, sigmoid ? sigmoidError : 0);
  for (let i = 0; i < expected.length; i++) {
    // Also true where one of them is no number.
    if (Math.abs(Number(found[i]) - Number(expected[i])) <= allowed) continue;
    return `element ${i} is ${found[i]}, not ${expected[i]} within ${allowed}`;
  }
  return undefined;
}

describe.skipIf(!hasShared(...folder) || onnxRuntime === undefined)('equals ONNX Runtime', () => {
  it('all given networks are tried', () => {
    const files = listShared(...folder).filter((name) => name.endsWith('.onnx'));
    expect(realNetworks.map(({ name }) => `${name}.onnx`)).toEqual(files);
  });

  it.each(realNetworks)('$name', { timeout: 300_000 }, async (network) => {
    const model = readFileSync(sharedPath(...folder, `${network.name}.onnx`));
    const program = await importModel(model, {
      ...network.options,
      expose: network.logits === undefined ? [] : [network.logits],
    });
    const steps = await expectedSteps(network, program, model);
    for (const target of targetsOf(network)) {
      const runner = await createRunner(program, { target, cc: 'gcc' });
      for (const [step, { feeds, expected }] of steps.entries()) {
        const found = await runner.run(feeds);
        for (const { name } of program.outputs) {
          expect
            .soft(difference(network, found[name]!, expected[name]!), `${target}, run ${step}, ${name}`)
            .toBe(undefined);
        }
      }
      await runner.close();
    }
  });
});
