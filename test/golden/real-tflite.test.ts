// TFLite networks from the field against the reference interpreter, on seeded inputs and with memory from run to run: the
// same bytes, floats too, as WebAssembly and JavaScript, small ones as C and WGSL too. INT8C_REAL=all runs all everywhere.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { elementCount } from '../../ir/types.ts';
import { createRunner, type Feeds, importModel, type Program } from '../../src/index.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import type { RunnerTarget } from '../../src/targets.ts';
import { hasCompiler } from '../c-compiler.ts';
import { hasShared, listShared, sharedPath } from '../shared-folder.ts';
import { withoutSubnormals } from '../subnormals.ts';
import { wavesAndNoise } from '../waves-and-noise.ts';
import { hasWebGpu } from '../web-gpu.ts';
import { type RealTfliteNetwork, realTfliteNetworks } from './real-tflite-networks.ts';

const folder = ['models', 'real'] as const;
const all = process.env.INT8C_REAL === 'all';

/** What a network runs on; the first is what the others are held to. */
function targetsOf({ large, small }: RealTfliteNetwork): readonly [RunnerTarget, ...RunnerTarget[]] {
  const elsewhere: RunnerTarget[] = [
    ...(hasCompiler('gcc') ? ['c' as const] : []),
    ...(hasWebGpu ? ['wgsl' as const] : []),
  ];
  const common: RunnerTarget[] = ['wasm', ...(small || all ? elsewhere : [])];
  return large && !all ? ['js', ...common] : ['interp', 'js', ...common];
}

type Results = Readonly<Record<string, TensorArray>>;

/** Inputs of a run, and its outputs. */
interface Step {
  readonly feeds: Feeds;
  readonly expected: Results;
}

/** Runs that follow each other on the target that the others are held to. */
async function expectedSteps(network: RealTfliteNetwork, program: Program, target: RunnerTarget): Promise<Step[]> {
  const runner = await createRunner(program, { target });
  const random = seededRandom(1);
  const steps: Step[] = [];
  for (let run = 0; run < network.runs; run++) {
    const last = steps.at(-1)?.expected;
    const feeds = Object.fromEntries(
      program.inputs.map((input): [string, TensorArray] => {
        const source = network.state?.[input.name];
        if (source === undefined) return [input.name, wavesAndNoise(input, network.range, random)];
        return [input.name, last?.[source] ?? new Float32Array(elementCount(input.type.shape))];
      }),
    );
    steps.push({ feeds, expected: copied(await runner.run(feeds)) });
  }
  await runner.close();
  return steps;
}

/** A runner may give the same arrays again. */
function copied(results: Results): Results {
  return Object.fromEntries(Object.entries(results).map(([name, array]) => [name, array.slice()]));
}

/** The first element that differs; undefined when none does. */
function difference(found: TensorArray | undefined, expected: TensorArray): string | undefined {
  if (found?.length !== expected.length) return `has ${found?.length} elements, not ${expected.length}`;
  for (let i = 0; i < expected.length; i++) {
    // Unlike ===, apart for zeros of both signs.
    if (!Object.is(found[i], expected[i])) return `element ${i} is ${found[i]}, not ${expected[i]}`;
  }
  return undefined;
}

describe.skipIf(!hasShared(...folder))('equals the reference', () => {
  it('all given networks are tried', () => {
    const files = listShared(...folder).filter((name) => name.endsWith('.tflite'));
    expect(realTfliteNetworks.map(({ name }) => `${name}.tflite`)).toEqual(files);
  });

  it.each(realTfliteNetworks)('$name', { timeout: 600_000 }, async (network) => {
    const program = await importModel(readFileSync(sharedPath(...folder, `${network.name}.tflite`)), {
      expose: network.logits === undefined ? [] : [network.logits],
    });
    const [first, ...targets] = targetsOf(network);
    const steps = await expectedSteps(network, program, first);
    // Outputs that are one value throughout would hold no one to anything.
    for (const { name } of program.outputs) {
      const values = new Set(steps.flatMap(({ expected }) => Array.from<number | bigint>(expected[name] ?? [])));
      expect(values.size, name).toBeGreaterThan(1);
    }
    for (const target of targets) {
      const runner = await createRunner(program, { target, cc: 'gcc' });
      const seen = target === 'wgsl' ? withoutSubnormals : (array: TensorArray) => array;
      const expectStep = async ({ feeds, expected }: Step, title: string) => {
        const found = await runner.run(feeds);
        for (const [name, array] of Object.entries(expected)) {
          const own = found[name];
          expect.soft(difference(own && seen(own), seen(array)), `${target}, ${title}, ${name}`).toBe(undefined);
        }
      };
      for (const [run, step] of steps.entries()) await expectStep(step, `run ${run}`);
      await runner.reset();
      for (const step of steps.slice(0, 1)) await expectStep(step, 'first run after reset');
      await runner.close();
    }
  });
});
