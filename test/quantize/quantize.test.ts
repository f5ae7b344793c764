// What quantization makes of float networks with seeded weights: integer programs that stay near the float ones, in every
// mode, with what was asked to stay float left alone.
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { exportOnnx } from '../../src/export/onnx/export.ts';
import { exportTflite } from '../../src/export/tflite/export.ts';
import { compile, createRunner, importModel, type Program } from '../../src/index.ts';
import { inspect } from '../../src/inspection.ts';
import { type QuantizeOptions, quantize } from '../../src/quantize/quantize.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import { type SampleSource, samplesOf } from '../../src/samples/sample-source.ts';
import { networkOf, randomSamples } from './calibration-networks.ts';

const random = seededRandom(5);

function constant(shape: readonly number[], of: (i: number) => number): string {
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => of(i));
  const text = values.map((v) => Math.fround(v).toPrecision(9)).join(', ');
  return `constant {value = dense<[${text}]>} : tensor<${shape.join('x')}xf32>`;
}

const noise = (scale: number) => () => scale * (2 * random() - 1);

/** A depthwise separable network with a residual sum, x * sigmoid(x), a mean and a softmax. */
const small = `module @small
func @main(%x "x": tensor<1x8x8x4xf32>) {
  %w1 = ${constant([8, 3, 3, 4], noise(0.4))}
  %b1 = ${constant([8], noise(0.5))}
  %c1 = conv2d %x, %w1, %b1 {pad = [1, 1, 1, 1]} : tensor<1x8x8x8xf32> loc "Conv \\"stem\\""
  %s1 = logistic %c1 : tensor<1x8x8x8xf32>
  %a1 = mul %c1, %s1 : tensor<1x8x8x8xf32>
  %w2 = ${constant([1, 3, 3, 8], noise(0.5))}
  %b2 = ${constant([8], noise(0.5))}
  %c2 = depthwise_conv2d %a1, %w2, %b2 {pad = [1, 1, 1, 1], clamp = [0, 6]} : tensor<1x8x8x8xf32>
  %r = add %c2, %a1 : tensor<1x8x8x8xf32> loc "Add \\"sum\\""
  %m = reduce_mean %r {axes = [1, 2]} : tensor<1x8xf32>
  %w3 = ${constant([5, 8], noise(2))}
  %y = fully_connected %m, %w3, _ : tensor<1x5xf32>
  %p = softmax %y : tensor<1x5xf32>
  return %y "scores", %p "classes"
}`;

/**
 * Channels that died in training: batch norms fold to weights of 1e-31 and less beside biases of 1, and to nothing at all
 * (as in MLPerf Tiny's visual wake words network).
 */
const dead = `module @dead
func @main(%x "x": tensor<1x8x8x4xf32>) {
  %w1 = ${constant([16, 3, 3, 4], (i) => (Math.floor(i / 36) % 2 === 0 ? noise(0.4)() : noise(1e-31)()))}
  %b1 = ${constant([16], (i) => (i % 2 === 0 ? noise(0.5)() : 1 + i / 16))}
  %c1 = conv2d %x, %w1, %b1 {pad = [1, 1, 1, 1], clamp = [0, 6]} : tensor<1x8x8x16xf32>
  %w2 = ${constant([1, 3, 3, 16], (i) => (i % 4 === 0 ? 0 : noise(0.5)()))}
  %b2 = ${constant([16], noise(3))}
  %c2 = depthwise_conv2d %c1, %w2, %b2 {pad = [1, 1, 1, 1], clamp = [0, 6]} : tensor<1x8x8x16xf32>
  %m = reduce_mean %c2 {axes = [1, 2]} : tensor<1x16xf32>
  %w3 = ${constant([2, 16], noise(1))}
  %y = fully_connected %m, %w3, _ : tensor<1x2xf32>
  return %y "scores"
}`;

async function outputs(program: Program, samples: SampleSource): Promise<Record<string, number[]>[]> {
  const runner = await createRunner(program, { target: 'wasm' });
  const results: Record<string, number[]>[] = [];
  for (let i = 0; i < samples.count; i++) {
    const found = await runner.run(await samples.read(i));
    results.push(Object.fromEntries(Object.entries(found).map(([name, data]) => [name, Array.from(data, Number)])));
  }
  await runner.close();
  return results;
}

/** Signal to noise of an output in dB. */
async function signalToNoise(float: Program, program: Program, samples: SampleSource, name = 'scores') {
  const [wanted, found] = [await outputs(float, samples), await outputs(program, samples)];
  let [signal, noise] = [0, 0];
  wanted.forEach((sample, k) => {
    sample[name]?.forEach((v, i) => {
      signal += v * v;
      noise += (v - (found[k]?.[name]?.[i] ?? Number.NaN)) ** 2;
    });
  });
  return 10 * Math.log10(signal / noise);
}

const greatest = (list: readonly number[] = []) => list.indexOf(Math.max(...list));

async function subject(text: string) {
  const network = await networkOf(text);
  return { program: network.program, samples: randomSamples(network, 24), others: randomSamples(network, 40, 77) };
}

const floatCode = (program: Program) =>
  inspect(program).float.filter(({ operator }) => !/^(de)?quantize(_scaled)?$/.test(operator));

describe('quantized networks', () => {
  const methods = ['minmax', 'percentile', 'mse', 'entropy', 'auto'] as const;
  it.each(methods)('compute on integers alone, near the float network: %s', { timeout: 60_000 }, async (method) => {
    const { program, samples, others } = await subject(small);
    const quantized = await quantize(program, samples, { method });
    expect(quantized.float).toEqual([]);
    expect(floatCode(quantized.program)).toEqual([]);
    // Entropy cuts tails off, of which outputs in steps have much.
    const least = method === 'entropy' ? 10 : 25;
    expect(await signalToNoise(program, quantized.program, others)).toBeGreaterThan(least);
    expect(await signalToNoise(program, quantized.program, others, 'classes')).toBeGreaterThan(least);
  });

  it('lose nothing by what is searched and learned, or by 16 bits', { timeout: 60_000 }, async () => {
    const { program, samples, others } = await subject(small);
    const by = async (options: QuantizeOptions) =>
      signalToNoise(program, (await quantize(program, samples, options)).program, others);
    const extremes = await by({ method: 'minmax' });
    for (const better of [{ method: 'auto' }, { method: 'minmax', element: 'i16' }] as const)
      expect(await by(better)).toBeGreaterThan(extremes - 0.5);
  });

  it('are the same bytes each time', { timeout: 60_000 }, async () => {
    const { program, samples } = await subject(small);
    const [one, two] = await Promise.all(
      [1, 2].map(async () => (await compile((await quantize(program, samples)).program, { target: 'c' })).files),
    );
    expect(two).toEqual(one);
  });

  it.each(['minmax', 'mse', 'auto'] as const)('hold dead channels: %s', { timeout: 60_000 }, async (method) => {
    const { program, samples, others } = await subject(dead);
    const quantized = await quantize(program, samples, { method });
    const { diagnostics } = await compile(quantized.program, { target: 'c' });
    expect(diagnostics.map((d) => d.code)).toEqual([]);
    expect(floatCode(quantized.program)).toEqual([]);
    const [wanted, found] = [await outputs(program, others), await outputs(quantized.program, others)];
    const agreeing = wanted.filter((w, k) => greatest(w.scores) === greatest(found[k]?.scores)).length;
    expect(agreeing / others.count).toBeGreaterThanOrEqual(0.98);
  });

  it('are integers at their ends where asked', async () => {
    const { program, samples } = await subject(small);
    const { program: integer } = await quantize(program, samples, { method: 'minmax', ports: 'integer' });
    expect([...integer.inputs, ...integer.outputs].map(({ type }) => type.element)).toEqual(['i8', 'i8', 'i8']);
    expect(inspect(integer).float).toEqual([]);
  });

  it.each(['double', 'single', 'half-even'] as const)('round as asked: %s', async (rounding) => {
    const { program, samples, others } = await subject(small);
    const quantized = await quantize(program, samples, { method: 'minmax', rounding });
    expect(quantized.program.module().rounding).toBe(rounding);
    expect(await signalToNoise(program, quantized.program, others)).toBeGreaterThan(25);
  });
});

describe('without samples', () => {
  it.each([{ dynamic: true }, { weightOnly: true }])('%o', async (options) => {
    const { program, others } = await subject(small);
    const quantized = await quantize(program, samplesOf([]), options);
    expect(await signalToNoise(program, quantized.program, others)).toBeGreaterThan(30);
    expect(quantized.float.map(({ operator }) => operator)).toContain('mul');
    const constants = async (p: Program) => (await compile(p, { target: 'c' })).manifest.bytes.constants;
    expect(await constants(quantized.program)).toBeLessThan(0.6 * (await constants(program)));
  });

  it('weights alone are read where they are stored: memory is that of the float program', async () => {
    const { program } = await subject(small);
    const { program: quantized } = await quantize(program, samplesOf([]), { weightOnly: true });
    const bytes = async (p: Program) => (await compile(p, { target: 'c' })).manifest.bytes;
    const [float, integer] = [await bytes(program), await bytes(quantized)];
    expect(integer.arena).toBeLessThanOrEqual(float.arena);
    const weights = quantized.module().entry.ops.flatMap((op) => {
      const position = op.definition.linear?.weights;
      return position === undefined ? [] : [op.operand(position).type.element];
    });
    expect(weights).toEqual(['i8', 'i8', 'i8']);
  });

  it.each([
    ['onnx', exportOnnx],
    ['tflite', exportTflite],
  ] as const)('integer weights come back from a file as they were: %s', async (_format, write) => {
    const { program, others } = await subject(small);
    const { program: quantized } = await quantize(program, samplesOf([]), { weightOnly: true });
    const back = await importModel(write(quantized.module(), { name: 'small' }));
    expect(await outputs(back, others)).toEqual(await outputs(quantized, others));
    const bytes = async (p: Program) => (await compile(p, { target: 'c' })).manifest.bytes;
    expect((await bytes(back)).constants).toBe((await bytes(quantized)).constants);
  });

  it('integer weights are quantized anew with samples', async () => {
    const { program, samples, others } = await subject(small);
    const { program: quantized } = await quantize(program, samplesOf([]), { weightOnly: true });
    const { program: integer } = await quantize(quantized, samples, { method: 'minmax' });
    expect(floatCode(integer)).toEqual([]);
    expect(await signalToNoise(program, integer, others)).toBeGreaterThan(25);
  });

  it('nothing else is possible', async () => {
    const { program } = await subject(small);
    const refusal = await quantize(program, samplesOf([])).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CompileError);
  });
});

describe('what stays float', () => {
  it('is what was named', async () => {
    const { program, samples } = await subject(small);
    const { float, program: mixed } = await quantize(program, samples, { method: 'minmax', keepFloat: ['stem', 'm'] });
    expect(float.map(({ name }) => name).sort()).toEqual(['c1', 'm']);
    expect(floatCode(mixed).map(({ operator }) => operator)).toEqual(expect.arrayContaining(['conv2d', 'reduce_mean']));
  });

  it('must have a name that is known', async () => {
    const { program, samples } = await subject(small);
    await expect(quantize(program, samples, { keepFloat: ['stam'] })).rejects.toThrow(/stam.*\n?.*stem/s);
  });

  it('is what the allowed loss needs', { timeout: 60_000 }, async () => {
    const { program, samples } = await subject(small);
    const raised = async (options: QuantizeOptions) =>
      [...(await quantize(program, samples, { method: 'minmax', ...options })).decisions.precisions.values()].filter(
        (precision) => precision !== 'i8',
      ).length;
    expect(await raised({ maxDrop: 1 })).toBe(0);
    const all = await raised({ budget: {} });
    expect(all).toBeGreaterThan(3);
    expect(await raised({ budget: { ram: 2500 } })).toBeLessThan(all);
    for (const impossible of [{ budget: { ram: 100 } }, { maxDrop: -0.5 }])
      await expect(raised(impossible)).rejects.toThrow('I8C0408');
    await expect(
      quantize(program, samplesOf([]), { method: 'minmax', maxDrop: 0, statistics: new Map() }),
    ).rejects.toThrow();
  });
});
