// MLPerf Tiny networks as float ONNX (BatchNormalization unfolded, NHWC from tf2onnx, float16 weights, weights in another
// file): recorded outputs of ONNX Runtime with its optimizations off, and the share of keywords that they get right.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importModelFile } from '../../src/files/model-file.ts';
import { decodeNpy } from '../../src/files/npy.ts';
import { createRunner, type Program } from '../../src/index.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';

const vectors = [0, 1, 2, 3];

/** Softmax outputs; those of ad01 are log-mel energies up to 10^2 after ten layers that nothing normalizes. */
const networks = [
  { name: 'ad01_float', tolerance: 1e-2 },
  { name: 'kws_dscnn_external', tolerance: 1e-4 },
  { name: 'kws_dscnn_float', tolerance: 1e-4 },
  { name: 'kws_dscnn_fp16', tolerance: 1e-4 },
  { name: 'resnet8_float', tolerance: 1e-4 },
  { name: 'resnet8_float_nhwc', tolerance: 1e-4 },
];

const programOf = (name: string) => importModelFile(sharedPath('models', 'onnx', `${name}.onnx`));

function recorded(name: string, file: string): Float32Array {
  const { element, bytes } = decodeNpy(readFileSync(sharedPath('golden-onnx', name, file)));
  if (element !== 'f32') throw new Error(`${name}/${file} is ${element}`);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** A network of one input and one output as a function. */
async function functionOf(
  program: Program,
  target: 'js' | 'wasm',
): Promise<(input: Float32Array) => Promise<number[]>> {
  const runner = await createRunner(program, { target });
  const [input, output] = [program.inputs[0]?.name ?? '', program.outputs[0]?.name ?? ''];
  return async (data) => Array.from(await runner.run({ [input]: data }).then((found) => found[output] ?? []), Number);
}

const largestDifference = (a: readonly number[], b: ArrayLike<number>) =>
  a.length === b.length ? Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? Number.NaN)))) : Number.NaN;

describe.skipIf(!hasShared('golden-onnx'))('float networks', () => {
  it.each(networks)('$name gives what ONNX Runtime gave', async ({ name, tolerance }) => {
    const program = await programOf(name);
    for (const target of ['js', 'wasm'] as const) {
      const run = await functionOf(program, target);
      for (const k of vectors) {
        const found = await run(recorded(name, `input_${k}.npy`));
        const difference = largestDifference(found, recorded(name, `output_${k}.npy`));
        expect(difference, `${target}, vector ${k}`).toBeLessThanOrEqual(tolerance);
      }
    }
  });

  // The keyword network in three forms. Half precision keeps 11 bits of each weight.
  it.each([
    { name: 'kws_dscnn_external', tolerance: 0 },
    { name: 'kws_dscnn_fp16', tolerance: 1e-2 },
  ])('$name gets as many keywords right as with float weights inside', async ({ name, tolerance }) => {
    const { labels } = JSON.parse(readFileSync(sharedPath('data', 'kws01', 'labels.json'), 'utf8')) as KeywordLabels;
    const clips = new Float32Array(Uint8Array.from(readFileSync(sharedPath('data', 'kws01', 'mfcc_f32.bin'))).buffer);
    const [float, run] = await Promise.all(
      ['kws_dscnn_float', name].map(async (n) => functionOf(await programOf(n), 'wasm')),
    );
    const size = clips.length / labels.length;
    const right = { float: 0, other: 0 };
    let furthest = 0;
    for (const [k, label] of labels.entries()) {
      const features = clips.subarray(k * size, (k + 1) * size);
      const [expected, found] = [await float!(features), await run!(features)];
      furthest = Math.max(furthest, largestDifference(found, expected));
      if (expected.indexOf(Math.max(...expected)) === label) right.float++;
      if (found.indexOf(Math.max(...found)) === label) right.other++;
    }
    expect(furthest).toBeLessThanOrEqual(tolerance);
    expect(right.other).toBe(right.float);
    // 90 % is what the benchmark asks of keyword spotting (MLPerf Tiny rules, quality target).
    expect(right.float / labels.length).toBeGreaterThan(0.9);
  });
});

interface KeywordLabels {
  readonly labels: readonly number[];
}
