// Factors of channels around functions that pass none: the same outputs, better integers, tables only where they pay.
import { describe, expect, test } from 'vitest';
import { Builder } from '../../ir/builder.ts';
import { Func, Module, type Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { conv2d } from '../../ir/ops/conv2d.ts';
import { hardSwish } from '../../ir/ops/hard-swish.ts';
import { leakyRelu } from '../../ir/ops/leaky-relu.ts';
import { logistic } from '../../ir/ops/logistic.ts';
import { lookup } from '../../ir/ops/lookup.ts';
import { mul } from '../../ir/ops/mul.ts';
import { reduceMean } from '../../ir/ops/reduce-sum.ts';
import { parseModule } from '../../ir/parser.ts';
import { elementCount, tensorType } from '../../ir/types.ts';
import { verifyModule } from '../../ir/verifier.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { curveScalings, scaleCurves } from '../../passes/quantization/scale-curves.ts';
import { tabulateCurves } from '../../passes/tabulate-curves.ts';
import { requireIntegers } from '../../src/float-operators.ts';
import { compare, createRunner, exportOnnx, exportTflite, importModel, quantize, samplesOf } from '../../src/index.ts';
import { type Program, programOf } from '../../src/program.ts';
import { seededRandom } from '../../src/random-tensor.ts';

type Activation = (b: Builder, x: Value) => Value;
const swish: Activation = (b, x) => b.create(hardSwish, [x]);
const silu: Activation = (b, x) => b.create(mul, [x, b.create(logistic, [x])]);

interface Form {
  readonly activation?: Activation;
  readonly channels?: number;
  readonly size?: number;
}

/** A convolution whose channels differ in size by up to 2^6, an activation, and layers to which all of them matter. */
const network = ({ activation = swish, channels = 16, size = 16 }: Form = {}): Program =>
  programOf('net', 'none', () => {
    const func = new Func('net');
    const b = new Builder(func, func.ops);
    const random = seededRandom(3);
    const weights = (shape: readonly number[], scale: (o: number, i: number) => number): Value => {
      const per = elementCount(shape.slice(1));
      const data = Float32Array.from(
        { length: elementCount(shape) },
        (_, i) => scale(Math.floor(i / per), i % per) * (2 * random() - 1),
      );
      return b.create(constant, [], { value: { type: tensorType('f32', shape), data } });
    };
    const x = func.addInput('x', tensorType('f32', [1, size, size, 4]));
    const first = b.create(conv2d, [
      x,
      weights([channels, 1, 1, 4], (o) => 8 * 2 ** -(o % 7)),
      weights([channels], () => 0.1),
    ]);
    const seen = activation(b, first);
    const second = b.create(conv2d, [
      seen,
      weights([32, 1, 1, channels], (_, c) => 2 ** (c % 7)),
      weights([32], () => 0.1),
    ]);
    const third = b.create(conv2d, [second, weights([1024, 1, 1, 32], () => 1), weights([1024], () => 0.1)]);
    func.addOutput('y', b.create(reduceMean, [third], { axes: [1, 2] }));
    const module = new Module('net');
    module.functions.push(func);
    return { module, diagnostics: [] };
  });

const samples = samplesOf(
  Array.from({ length: 12 }, (_, n) => {
    const random = seededRandom(20 + n);
    return { x: Float32Array.from({ length: 16 * 16 * 4 }, () => 2 * random() - 1) };
  }),
);

/** Channels that differ as the first layer's do. */
const spread = ({ type }: Value) => {
  const high = Float64Array.from({ length: type.shape.at(-1) ?? 1 }, (_, c) => 2 ** -(c % 7));
  return { low: high.map((h) => -h), high, power: high.map((h) => h * h) };
};

async function outputsOf(program: Program): Promise<number[][]> {
  const runner = await createRunner(program, { target: 'wasm' });
  const results: number[][] = [];
  for (let i = 0; i < samples.count; i++) {
    results.push([...(Object.values(await runner.run(await samples.read(i)))[0] as Float32Array)]);
  }
  return results;
}

const channelTables = (program: Program): number => {
  const module = program.module();
  runPasses(module);
  return module.entry.ops.filter(({ definition, operands }) => {
    return definition.name === 'lookup' && operands[1]?.type.shape.length === 2;
  }).length;
};

describe('scaleCurves', () => {
  test.each([
    ['hard_swish', swish],
    ['x * sigmoid(x)', silu],
  ] as const)('keeps the outputs but for the last bits: %s', async (_, activation) => {
    const program = network({ activation });
    const scalings = curveScalings(program.module().entry, spread);
    expect(scalings.length).toBe(1);
    const scaled = programOf('scaled', 'none', () => {
      const module = program.module();
      scaleCurves(module.entry, scalings);
      expect(verifyModule(module)).toEqual([]);
      return { module, diagnostics: [] };
    });
    const [before, after] = [await outputsOf(program), await outputsOf(scaled)];
    for (const [i, y] of before.entries())
      for (const [k, v] of y.entries()) expect(Math.abs((after[i]?.[k] ?? 0) - v)).toBeLessThan(1e-4);
  });

  test.each<[string, Form]>([
    ['that factors pass', { activation: (b, x) => b.create(leakyRelu, [x], { alpha: 0.1 }) }],
    ['of many channels', { channels: 65 }],
    ['of small tensors', { size: 8 }],
  ])('leaves curves alone %s', (_, form) => {
    expect(curveScalings(network(form).module().entry, spread)).toEqual([]);
  });

  test('leaves curves alone whose channels are alike', () => {
    const even = (v: Value) => {
      const high = new Float64Array(v.type.shape.at(-1) ?? 1).fill(1);
      return { low: high.map((h) => -h), high, power: high };
    };
    expect(curveScalings(network().module().entry, even)).toEqual([]);
  });
});

/** Factors of channels around a function, beside what stays: too many channels, products alone. */
const chains = `module @m rounding=half-even

func @main(%x "x": tensor<2x2xi8, quant<scale=0.05, zero=3>>, %w "w": tensor<1x65xi8, quant<scale=0.05, zero=3>>) {
  %f = constant {value = dense<[0.5, 2]>} : tensor<2xf32>
  %g = constant {value = dense<[-1, 0.25]>} : tensor<1x2xf32>
  %d = dequantize %x : tensor<2x2xf32>
  %a = mul %d, %f : tensor<2x2xf32>
  %b = hard_swish %a : tensor<2x2xf32>
  %c = mul %b, %g : tensor<2x2xf32>
  %q = quantize %c {ties = even} : tensor<2x2xi8, quant<scale=0.04, zero=-100>>
  %h = constant {value = splat<0.5>} : tensor<65xf32>
  %e = dequantize %w : tensor<1x65xf32>
  %i = mul %e, %h : tensor<1x65xf32>
  %j = hard_swish %i : tensor<1x65xf32>
  %r = quantize %j {ties = even} : tensor<1x65xi8, quant<scale=0.04, zero=-100>>
  %k = mul %a, %f : tensor<2x2xf32>
  %s = quantize %k {ties = even} : tensor<2x2xi8, quant<scale=0.04, zero=-100>>
  return %q "q", %r "r", %s "s"
}
`;

test('tabulate-curves makes a table for each channel of them, and gives the same', async () => {
  const program = programOf('m', 'none', () => ({ module: parseModule(chains), diagnostics: [] }));
  const module = parseModule(chains);
  runPasses(module, { passes: [tabulateCurves] });
  const lookups = module.entry.ops.filter(({ definition }) => definition === lookup);
  expect(lookups.map((op) => op.operand(1).type.shape)).toEqual([[2, 256]]);
  const feeds = { x: Int8Array.of(-128, -3, 50, 127), w: Int8Array.from({ length: 65 }, (_, i) => 4 * i - 128) };
  const run = async (target: 'wasm' | 'js' | 'interp') => (await createRunner(program, { target })).run(feeds);
  const expected = await run('interp');
  expect([await run('wasm'), await run('js')]).toEqual([expected, expected]);
});

describe('quantize', () => {
  test.each([
    ['hard_swish', swish],
    ['x * sigmoid(x)', silu],
  ] as const)('gives channels around a curve levels of their own: %s', async (_, activation) => {
    const by = async (equalize: boolean) => {
      const quantized = await quantize(network({ activation }), samples, { method: 'minmax', equalize });
      requireIntegers(quantized.program, () => ({ hint: '' }));
      return { program: quantized.program, snr: (await compare(quantized, samples)).outputs[0]?.snr ?? 0 };
    };
    const [plain, scaled] = [await by(false), await by(true)];
    expect([channelTables(plain.program), channelTables(scaled.program)]).toEqual([0, 1]);
    expect(scaled.snr).toBeGreaterThan(plain.snr + 3);
  });

  test.each([
    ['onnx', swish],
    ['onnx', silu],
    ['tflite', swish],
    ['tflite', silu],
  ] as const)('is the same program again from %s', async (format, activation) => {
    const rounding = format === 'tflite' ? 'double' : 'half-even';
    const { program } = await quantize(network({ activation }), samples, {
      method: 'minmax',
      equalize: true,
      rounding,
    });
    const bytes = format === 'onnx' ? await exportOnnx(program) : await exportTflite(program);
    const again = await importModel(bytes, { name: 'net' });
    expect(await outputsOf(again)).toEqual(await outputsOf(program));
    expect(channelTables(again)).toBe(1);
  });
});
