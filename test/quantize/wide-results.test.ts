// Results of 16 bits behind operators on 8: where float ports or gates and cells take them, where that is nearer, and in files
// that have them.
import { describe, expect, it, test } from 'vitest';
import { moves } from '../../passes/quantization/tensor-groups.ts';
import { requireIntegers } from '../../src/float-operators.ts';
import { compare, createRunner, exportOnnx, exportTflite, importModel, quantize } from '../../src/index.ts';
import type { Program } from '../../src/program.ts';
import type { FloatNetwork } from '../../src/quantize/float-network.ts';
import type { Quantized, QuantizeOptions } from '../../src/quantize/quantize.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import type { RunnerTarget } from '../../src/targets.ts';
import { createOrtSession, onnxRuntime } from '../onnx/onnx-runtime.ts';
import { networkOf, randomSamples } from './calibration-networks.ts';

const random = seededRandom(3);
const weights = (shape: readonly number[], most = 1) => {
  const values = Array.from({ length: shape.reduce((a, b) => a * b) }, () => (most * (2 * random() - 1)).toFixed(6));
  return `constant {value = dense<[${values.join(', ')}]>} : tensor<${shape.join('x')}xf32>`;
};

/** Sums of many products, whose own errors are less than those of rounding them to 8 bits. */
const waveform = `  %w = ${weights([1, 1, 9, 64])}
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

/** A step of long short-term memory over states that the caller keeps, and what is made of it. */
const cell = await networkOf(`module @cell
func @main(%x "x": tensor<1x16xf32>, %h "h": tensor<1x16xf32>, %c "c": tensor<1x16xf32>) {
  %wx = ${weights([64, 16], 0.2)}
  %wh = ${weights([64, 16], 0.2)}
  %b = ${weights([64], 0.2)}
  %gx = fully_connected %x, %wx, %b : tensor<1x64xf32>
  %gh = fully_connected %h, %wh, _ : tensor<1x64xf32>
  %g = add %gx, %gh : tensor<1x64xf32>
${['i', 'f', 'k', 'o']
  .map((gate, n) => {
    const part = `slice %g {start = [0, ${16 * n}], size = [1, 16]} : tensor<1x16xf32>`;
    return `  %${gate}g = ${part}\n  %${gate} = ${gate === 'k' ? 'tanh' : 'logistic'} %${gate}g : tensor<1x16xf32>`;
  })
  .join('\n')}
  %old = mul %f, %c : tensor<1x16xf32>
  %new = mul %i, %k : tensor<1x16xf32>
  %next = add %old, %new : tensor<1x16xf32>
  %t = tanh %next : tensor<1x16xf32>
  %y = mul %o, %t : tensor<1x16xf32>
  %wy = ${weights([160, 16])}
  %z = fully_connected %y, %wy, _ : tensor<1x160xf32>
  return %z "z", %y "next_h", %next "next_c"
}`);

const quantized = (network: FloatNetwork, options: QuantizeOptions = {}): Promise<Quantized> =>
  quantize(network.program, randomSamples(network, 12), { method: 'minmax', ...options });

const signalToNoise = async (result: Quantized, network: FloatNetwork, output = 0, seed = 9) =>
  (await compare(result, randomSamples(network, 8, seed))).outputs[output]?.snr ?? 0;

/** Of a few samples of the network, by the outputs' names. */
async function outputsOf(
  program: Program,
  network: FloatNetwork,
  target: RunnerTarget = 'wasm',
): Promise<Record<string, number[]>[]> {
  const runner = await createRunner(program, { target });
  const samples = randomSamples(network, 4, 11);
  const each: Record<string, number[]>[] = [];
  for (let i = 0; i < samples.count; i++) {
    const results = Object.entries(await runner.run(await samples.read(i)));
    each.push(Object.fromEntries(results.map(([name, y]) => [name, Array.from(y, Number)])));
  }
  await runner.close();
  return each;
}

it('keeps what 8 bits would round away', async () => {
  const [narrow, wide] = [await quantized(moved), await quantized(moved, { wide: 'outputs' })];
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

describe('vectors', () => {
  it('are gates and cells, between linear operators on 8 bits', async () => {
    const [narrow, wide] = [await quantized(cell), await quantized(cell, { wide: 'vectors' })];
    // On samples that were calibrated with: what clips inputs of others would be most of the noise.
    expect(await signalToNoise(wide, cell, 2, 7)).toBeGreaterThan((await signalToNoise(narrow, cell, 2, 7)) + 5);
    expect(wide.float).toEqual([]);
    requireIntegers(wide.program, () => ({ hint: '' }));
    for (const op of cell.module().entry.ops.filter(({ operands }) => operands.length > 0)) {
      const expected = op.definition.linear !== undefined ? 'i8' : 'i16';
      if (!moves(op)) expect(wide.decisions.precisions.get(op.results[0]?.name ?? '')).toBe(expected);
    }
    expect(wide.decisions.wideResults?.size).toBe(3);
  });

  it('are chosen by auto', async () => {
    const { decisions } = await quantized(cell, { method: 'auto' });
    expect([...decisions.precisions.values()]).toContain('i16');
  });

  it('are no tensors that are large beside the weights', async () => {
    expect((await quantized(read, { wide: 'vectors' })).decisions.wideResults).toBeUndefined();
  });
});

test.each<[string, FloatNetwork, QuantizeOptions]>([
  ['what other operators read', read, {}],
  ['outputs that other operators read too', both, {}],
  ['integer ports', moved, { ports: 'integer' }],
  ['16 bits throughout', moved, { element: 'i16' }],
])('leaves %s alone', async (_, network, options) => {
  expect((await quantized(network, { wide: 'outputs', ...options })).decisions.wideResults).toBeUndefined();
});

it('leaves alone what stays float', async () => {
  const keepFloat = moved
    .module()
    .entry.ops.filter(({ definition }) => definition.linear !== undefined)
    .map(({ result }) => result.name);
  expect((await quantized(moved, { wide: 'outputs', keepFloat })).decisions.wideResults).toBeUndefined();
});

describe.each([
  // ONNX Runtime computes in floats between integers and may round to a step beside ours. Shares of the greatest result: a step
  // of 16 bits with one to spare is 2^-14; an 8-bit step of the hidden state is less than 2^-7 of what a layer makes of it.
  ['outputs', moved, { z: 2 ** -13 }],
  ['vectors', cell, { z: 2 ** -7, next_h: 2 ** -12, next_c: 2 ** -12 }],
] as const)('files with %s', (wide, network, tolerances: Readonly<Record<string, number>>) => {
  it('are the same bytes as JavaScript and C', async () => {
    const { program } = await quantized(network, { wide });
    const wanted = await outputsOf(program, network);
    for (const target of ['js', 'c'] as const) expect(await outputsOf(program, network, target)).toEqual(wanted);
  });

  it('are the same program again as ONNX', async () => {
    const { program } = await quantized(network, { wide });
    const again = await importModel(await exportOnnx(program), { name: 'net' });
    expect(await outputsOf(again, network)).toEqual(await outputsOf(program, network));
    requireIntegers(again, () => ({ hint: '' }));
  });

  it.skipIf(onnxRuntime === undefined)('give ONNX Runtime the same outputs', async () => {
    if (onnxRuntime === undefined) return;
    const { Tensor } = onnxRuntime;
    const { program } = await quantized(network, { wide });
    const session = await createOrtSession(onnxRuntime, await exportOnnx(program));
    const sample = await randomSamples(network, 4, 11).read(0);
    const feeds = program.inputs.map(({ name, type }) => {
      return [name, new Tensor('float32', sample[name] as Float32Array, type.shape)] as const;
    });
    const theirs = await session.run(Object.fromEntries(feeds));
    const [ours = {}] = await outputsOf(program, network);
    for (const [name, values] of Object.entries(ours)) {
      const step = (tolerances[name] ?? 0) * Math.max(...values.map(Math.abs));
      for (const [i, v] of values.entries()) expect(Math.abs(Number(theirs[name]?.data[i]) - v)).toBeLessThan(step);
    }
  });

  it('are refused as TFLite', async () => {
    const { program } = await quantized(network, { wide, rounding: 'double' });
    await expect(exportTflite(program)).rejects.toThrow(/16 bits/);
  });
});
