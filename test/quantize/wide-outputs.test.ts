// Outputs of 16 bits behind operators on 8: where float ports take them, where that is nearer, and in files that have them.
import { describe, expect, it, test } from 'vitest';
import { requireIntegers } from '../../src/float-operators.ts';
import { compare, createRunner, exportOnnx, exportTflite, importModel, quantize } from '../../src/index.ts';
import type { Program } from '../../src/program.ts';
import type { FloatNetwork } from '../../src/quantize/float-network.ts';
import type { Quantized, QuantizeOptions } from '../../src/quantize/quantize.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import { createOrtSession, onnxRuntime } from '../onnx/onnx-runtime.ts';
import { networkOf, randomSamples } from './calibration-networks.ts';

const random = seededRandom(3);
const weights = (...shape: number[]) => {
  const values = Array.from({ length: shape.reduce((a, b) => a * b) }, () => (2 * random() - 1).toFixed(6));
  return `constant {value = dense<[${values.join(', ')}]>} : tensor<${shape.join('x')}xf32>`;
};

/** Sums of many products, whose own errors are less than those of rounding them to 8 bits. */
const waveform = `  %w = ${weights(1, 1, 9, 64)}
  %y = conv2d %x, %w, _ {pad = [0, 0, 4, 4]} : tensor<1x1x32x1xf32>`;

const networkWith = (rest: string) =>
  networkOf(`module @net
func @main(%x "x": tensor<1x1x32x64xf32>) {
${waveform}
${rest}
}`);

const moved = await networkWith(`  %z = reshape %y {shape = [32]} : tensor<32xf32>
  return %z "z"`);
const read = await networkWith(`  %z = logistic %y : tensor<1x1x32x1xf32>
  return %z "z"`);
const both = await networkWith(`  %z = abs %y : tensor<1x1x32x1xf32>
  return %y "y", %z "z"`);

const quantized = (network: FloatNetwork, options: QuantizeOptions = {}): Promise<Quantized> =>
  quantize(network.program, randomSamples(network, 12), { method: 'minmax', ...options });

const signalToNoise = async (result: Quantized, network: FloatNetwork) =>
  (await compare(result, randomSamples(network, 8, 9))).outputs[0]?.snr ?? 0;

async function outputsOf(program: Program): Promise<number[][]> {
  const runner = await createRunner(program, { target: 'wasm' });
  const samples = randomSamples(moved, 4, 11);
  const each: number[][] = [];
  for (let i = 0; i < samples.count; i++) {
    const results = Object.values(await runner.run(await samples.read(i)));
    each.push(results.flatMap((y) => Array.from(y, Number)));
  }
  await runner.close();
  return each;
}

it('keeps what 8 bits would round away', async () => {
  const [narrow, wide] = [await quantized(moved), await quantized(moved, { wideOutputs: true })];
  expect(await signalToNoise(wide, moved)).toBeGreaterThan((await signalToNoise(narrow, moved)) + 3);
  expect(wide.decisions.precisions).toEqual(narrow.decisions.precisions);
  expect(wide.float).toEqual([]);
  requireIntegers(wide.program, () => ({ hint: '' }));
});

it('is chosen by auto, where outputs are nearer by it', async () => {
  expect((await quantized(moved, { method: 'auto' })).decisions.wideResults?.size).toBe(1);
  expect((await quantized(read, { method: 'auto' })).decisions.wideResults).toBeUndefined();
  expect((await quantized(moved)).decisions.wideResults).toBeUndefined();
});

test.each<[string, FloatNetwork, QuantizeOptions]>([
  ['what other operators read', read, {}],
  ['outputs that other operators read too', both, {}],
  ['integer ports', moved, { ports: 'integer' }],
  ['16 bits throughout', moved, { element: 'i16' }],
])('leaves %s alone', async (_, network, options) => {
  expect((await quantized(network, { wideOutputs: true, ...options })).decisions.wideResults).toBeUndefined();
});

it('leaves alone what stays float', async () => {
  const keepFloat = moved
    .module()
    .entry.ops.filter(({ definition }) => definition.linear !== undefined)
    .map(({ result }) => result.name);
  expect((await quantized(moved, { wideOutputs: true, keepFloat })).decisions.wideResults).toBeUndefined();
});

describe('files', () => {
  it('are the same program again as ONNX', async () => {
    const { program } = await quantized(moved, { wideOutputs: true });
    const again = await importModel(await exportOnnx(program), { name: 'net' });
    expect(await outputsOf(again)).toEqual(await outputsOf(program));
    requireIntegers(again, () => ({ hint: '' }));
  });

  it.skipIf(onnxRuntime === undefined)('give ONNX Runtime the same outputs', async () => {
    if (onnxRuntime === undefined) return;
    const { program } = await quantized(moved, { wideOutputs: true });
    const session = await createOrtSession(onnxRuntime, await exportOnnx(program));
    const { x } = await randomSamples(moved, 4, 11).read(0);
    const { z } = await session.run({ x: new onnxRuntime.Tensor('float32', x as Float32Array, [1, 1, 32, 64]) });
    const [ours = []] = await outputsOf(program);
    const step = Math.max(...ours.map(Math.abs)) / 2 ** 12;
    for (const [i, v] of ours.entries()) expect(Math.abs(Number(z?.data[i]) - v)).toBeLessThan(step);
  });

  it('are refused as TFLite', async () => {
    const { program } = await quantized(moved, { wideOutputs: true, rounding: 'double' });
    await expect(exportTflite(program)).rejects.toThrow(/16 bits/);
  });
});
