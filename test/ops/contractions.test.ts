// Convolutions and matrix products: facts of TensorFlow Lite worked out by hand, then references against loops on
// random shapes in every form.
import { describe, expect, it } from 'vitest';
import type { AttributeSchema, Requantization } from '../../ir/attributes.ts';
import type { AttributeInput } from '../../ir/builder.ts';
import type { OpDefinition } from '../../ir/define-op.ts';
import { createReferenceRunner } from '../../ir/interpreter.ts';
import { runProgram } from '../../ir/loops/interpreter.ts';
import type { Value } from '../../ir/module.ts';
import { batchMatmul } from '../../ir/ops/batch-matmul.ts';
import { constant } from '../../ir/ops/constant.ts';
import { conv2d } from '../../ir/ops/conv2d.ts';
import { depthwiseConv2d } from '../../ir/ops/depthwise-conv2d.ts';
import { fullyConnected } from '../../ir/ops/fully-connected.ts';
import { phaseRanges, transposeConv2d } from '../../ir/ops/transpose-conv2d.ts';
import { bytesOf, type TensorData, tensorOf } from '../../ir/tensor-data.ts';
import { type ElementType, elementCount, perTensor, type TensorType, tensorType } from '../../ir/types.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { scalar } from '../../passes/schedule/isa.ts';
import { numbers, quantized, Runs, randomInteger, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

/** An operator whose weights and bias are constants, as they are in models. */
class Layer {
  readonly runs = new Runs();
  readonly notes: string[] = [];

  constructor(
    private readonly x: TensorType,
    private readonly y: TensorType,
  ) {}

  build<S extends AttributeSchema>(
    definition: OpDefinition<S>,
    constants: readonly (TensorData | undefined)[],
    attributes: AttributeInput<S> = {},
  ): this {
    const { builder } = this.runs;
    const input = this.runs.input(this.x);
    const values = constants.map((c): Value | undefined => c && builder.create(constant, [], { value: c }, c.type));
    const op = builder.op(definition, [input, ...values], attributes, { hints: [this.y] });
    this.runs.output(op.result);
    return this;
  }

  /** Every pass of the compiler, so that requantization is fused into the operator. */
  fused(): this {
    runPasses(this.runs.module, { report: (d) => this.notes.push(d.message) });
    return this;
  }

  requantization(): Requantization {
    const found = this.runs.func.ops.map((op) => op.attributes.requant).find((r) => r !== undefined);
    return found as Requantization;
  }

  run(x: TensorData): number[] {
    const [[y]] = this.runs.run([[x.data]]) as [[TensorData['data']]];
    return Array.from(y as ArrayLike<number | bigint>, Number);
  }
}

const vector = (type: TensorType, ...values: number[]) => tensorOf(type, values);

describe('integer parameters follow TensorFlow Lite', () => {
  // f32(0.1) * f32(0.3) is 0.030000003f32 once rounded, and a different double before.
  const scales = { x: Math.fround(0.1), w: Math.fround(0.3), y: Math.fround(0.7) };
  const x = quantized('i8', [1, 1, 1, 1], scales.x);
  const y = quantized('i8', [1, 1, 1, 1], scales.y);
  const w = vector(quantized('i8', [1, 1, 1, 1], scales.w), 3);
  const multiplier = (real: number) => Math.round(real * 2 ** (31 - Math.ceil(Math.log2(real))));

  it('convolutions multiply scales in double', () => {
    const r = new Layer(x, y).build(conv2d, [w]).fused().requantization();
    expect(r.multiplier).toEqual([multiplier((scales.x * scales.w) / scales.y)]);
  });
  it('fully connected layers and u8 round the product of scales to f32', () => {
    const product = Math.fround(scales.x * scales.w) / scales.y;
    const rows = tensorType('i8', [1, 1], perTensor(scales.x, 0));
    const columns = vector(tensorType('i8', [1, 1], perTensor(scales.w, 0)), 3);
    const result = tensorType('i8', [1, 1], perTensor(scales.y, 0));
    const fc = new Layer(rows, result).build(fullyConnected, [columns]).fused();
    expect(fc.requantization().multiplier).toEqual([multiplier(product)]);
    expect(multiplier(product)).not.toBe(multiplier((scales.x * scales.w) / scales.y));
    const u8 = (s: number) => quantized('u8', [1, 1, 1, 1], s);
    const conv = new Layer(u8(scales.x), u8(scales.y)).build(conv2d, [vector(u8(scales.w), 3)]).fused();
    expect(conv.requantization().multiplier).toEqual([multiplier(product)]);
  });
  it.each([
    ['conv2d without a bias', conv2d, [], 'double'],
    ['conv2d with a 32-bit bias', conv2d, [vector(tensorType('i32', [1]), 5)], 'double'],
    ['conv2d with a 64-bit bias', conv2d, [vector(tensorType('i64', [1]), 5)], 'single'],
    ['depthwise_conv2d without a bias', depthwiseConv2d, [], 'single'],
  ] as const)('16x8: %s rounds by %s', (_name, definition, bias, rounding) => {
    const layer = new Layer(quantized('i16', [1, 1, 1, 1], scales.x), quantized('i16', [1, 1, 1, 1], scales.y));
    const r = layer
      .build(definition as typeof conv2d, [w, ...bias])
      .fused()
      .requantization();
    expect(r.rounding).toBe(rounding);
    if (rounding === 'single') expect(r.multiplier.map((m) => m % 65536)).toEqual([0]);
  });
  it('honours the zero points of u8 weights', () => {
    const input = tensorType('u8', [1, 2], perTensor(1, 10));
    const weights = vector(tensorType('u8', [1, 2], perTensor(1, 100)), 101, 98);
    const layer = new Layer(input, tensorType('u8', [1, 1], perTensor(1, 7))).build(fullyConnected, [weights]);
    // (15 - 10) * (101 - 100) + (11 - 10) * (98 - 100) = 3, plus the zero point of the result.
    expect(layer.run(vector(input, 15, 11))).toEqual([10]);
  });
  it('takes 64-bit accumulators where 32 bits may not do, and saturates them', () => {
    const depth = 70_000;
    const input = tensorType('i8', [1, depth], perTensor(1, -128));
    const weights = vector(tensorType('i8', [1, depth], perTensor(1, 0)), ...new Array<number>(depth).fill(127));
    const result = tensorType('i8', [1, 1], perTensor(2 ** 25, 0));
    const layer = new Layer(input, result).build(fullyConnected, [weights]).fused();
    expect(layer.notes).toEqual([expect.stringContaining('may pass 32 bits')]);
    // The sum is 70000 * 255 * 127 = 2266950000; saturated to 2^31 - 1 it rounds to 64, wrapped it would be negative.
    expect(layer.run(vector(input, ...new Array<number>(depth).fill(127)))).toEqual([64]);
  });
});

describe('transposed convolution', () => {
  it('scatters every input', () => {
    const x = vector(tensorType('f32', [1, 1, 2, 1]), 1, 10);
    const w = vector(tensorType('f32', [1, 1, 3, 1]), 1, 2, 3);
    const attributes = { stride: [1, 2], extent: [1, 5] };
    expect(numbers(runOperator(transposeConv2d, [x, w], attributes)[0])).toEqual([1, 2, 13, 20, 30]);
    const cut = { stride: [1, 2], pad: [0, 1], extent: [1, 3] };
    expect(numbers(runOperator(transposeConv2d, [x, w], cut)[0])).toEqual([2, 13, 20]);
  });
  it('groups phases so that every product is made once, in at most four groups', () => {
    const random = randomNumbers(3);
    for (let n = 0; n < 500; n++) {
      const [extent, kernel, stride] = [1, 1, 1].map(() => randomInteger(random, 1, 12)) as [number, number, number];
      const pad = randomInteger(random, 0, 5);
      const groups = phaseRanges(extent, kernel, stride, pad);
      expect(groups.length).toBeLessThanOrEqual(4);
      const made: string[] = [];
      for (const g of groups)
        for (let period = 0; period < g.periods; period++)
          for (let phase = 0; phase < g.phases; phase++) {
            const output = g.firstOutput + phase + stride * period;
            made.push(`output ${output}`);
            for (let t = 0; t < g.taps; t++) {
              made.push(`${output} = ${g.firstInput + period + t} * ${g.firstTap + phase - stride * t}`);
            }
          }
      const wanted: string[] = [];
      for (let output = 0; output < extent; output++) {
        wanted.push(`output ${output}`);
        for (let tap = 0; tap < kernel; tap++) {
          const input = (output + pad - tap) / stride;
          if (Number.isInteger(input)) wanted.push(`${output} = ${input} * ${tap}`);
        }
      }
      expect(made.sort()).toEqual(wanted.sort());
    }
  });
});

type Random = () => number;
const between = (random: Random, low: number, high: number) => randomInteger(random, low, high);

/** A random use of an operator: shapes of x, weights and result, how many outputs, the weights' channel axis. */
interface Case {
  readonly definition: OpDefinition<AttributeSchema>;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly outputs: number;
  readonly axis: number;
  readonly attributes: Record<string, boolean | readonly number[]>;
}

function windowAttributes(random: Random) {
  const two = (high: number) => [between(random, 1, high), between(random, 1, high)];
  const pad = [0, 0, 0, 0].map(() => between(random, 0, 2));
  return { stride: two(3), dilation: two(2), pad };
}

const cases: Record<string, (random: Random) => Case> = {
  conv2d(random) {
    const [groups, depth, each] = [between(random, 1, 2), between(random, 1, 5), between(random, 1, 5)];
    const kernel = [between(random, 1, 3), between(random, 1, 3)];
    const x = [between(random, 1, 2), between(random, 5, 8), between(random, 5, 8), groups * depth];
    const definition = conv2d as unknown as OpDefinition<AttributeSchema>;
    const outputs = groups * each;
    return { definition, x, w: [outputs, ...kernel, depth], outputs, axis: 0, attributes: windowAttributes(random) };
  },
  depthwise_conv2d(random) {
    const [channels, multiplier] = [between(random, 1, 6), between(random, 1, 2)];
    const kernel = [between(random, 1, 3), between(random, 1, 3)];
    const x = [between(random, 1, 2), between(random, 5, 8), between(random, 5, 8), channels];
    const definition = depthwiseConv2d as unknown as OpDefinition<AttributeSchema>;
    const outputs = channels * multiplier;
    return { definition, x, w: [1, ...kernel, outputs], outputs, axis: 3, attributes: windowAttributes(random) };
  },
  transpose_conv2d(random) {
    const [outputs, channels] = [between(random, 1, 4), between(random, 1, 4)];
    const kernel = [between(random, 1, 4), between(random, 1, 4)];
    const x = [between(random, 1, 2), between(random, 1, 4), between(random, 1, 4), channels];
    const two = (low: number, high: number) => [between(random, low, high), between(random, low, high)];
    const attributes = { stride: two(1, 4), pad: two(0, 2), extent: two(1, 12) };
    const definition = transposeConv2d as unknown as OpDefinition<AttributeSchema>;
    return { definition, x, w: [outputs, ...kernel, channels], outputs, axis: 0, attributes };
  },
  fully_connected(random) {
    const [outputs, depth] = [between(random, 1, 9), between(random, 1, 40)];
    const x = [between(random, 1, 3), between(random, 1, 3), depth];
    const definition = fullyConnected as unknown as OpDefinition<AttributeSchema>;
    return { definition, x, w: [outputs, depth], outputs, axis: 0, attributes: { keep_dims: random() < 0.5 } };
  },
  batch_matmul(random) {
    const [rows, depth, columns] = [between(random, 1, 5), between(random, 1, 9), between(random, 1, 5)];
    const [adjoint_x, adjoint_w] = [random() < 0.5, random() < 0.5];
    const [outer, inner] = [between(random, 1, 2), between(random, 1, 3)];
    const x = [
      ...(random() < 0.5 ? [outer] : []),
      random() < 0.5 ? inner : 1,
      ...(adjoint_x ? [depth, rows] : [rows, depth]),
    ];
    const w = [random() < 0.5 ? inner : 1, ...(adjoint_w ? [columns, depth] : [depth, columns])];
    const definition = batchMatmul as unknown as OpDefinition<AttributeSchema>;
    return { definition, x, w, outputs: 0, axis: -1, attributes: { adjoint_x, adjoint_w } };
  },
};

const forms: readonly (readonly [x: ElementType, w: ElementType, bias: ElementType])[] = [
  ['f32', 'f32', 'f32'],
  ['i8', 'i8', 'i32'],
  ['i8', 'i4', 'i32'],
  ['u8', 'u8', 'i32'],
  ['i16', 'i8', 'i64'],
  ['i16', 'i8', 'i32'],
];

function randomLayer(c: Case, [xElement, wElement, biasElement]: (typeof forms)[number], random: Random): Layer {
  const zeroOf = (e: ElementType) =>
    e === 'u8' ? between(random, 100, 150) : e === 'i8' ? between(random, -20, 20) : 0;
  const float = xElement === 'f32';
  const scaled = (element: ElementType, shape: readonly number[], scale: number, zero: number) =>
    tensorType(element, shape, float ? undefined : perTensor(scale, zero));
  const x = scaled(xElement, c.x, 0.05, zeroOf(xElement));
  const perAxis = !float && wElement !== 'u8' && c.axis >= 0 && random() < 0.6;
  const scales = Array.from({ length: c.outputs }, () => Math.fround(0.001 + random() * 0.05));
  const w = perAxis
    ? tensorType(wElement, c.w, { axis: c.axis, scale: scales, zero: scales.map(() => 0) })
    : scaled(wElement, c.w, 0.02, wElement === 'u8' ? zeroOf('u8') : 0);
  const hasBias = c.outputs > 0 && random() < 0.8;
  const bias = hasBias ? randomTensor(random, tensorType(biasElement, [c.outputs])) : undefined;
  // Small beside the products, so that results are not all at the limits.
  if (bias?.data instanceof Int32Array) bias.data.set(bias.data.map((b) => b >> 18));
  const clamp = random() < 0.5 ? [0, 6] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const layer = new Layer(x, scaled(xElement, [], xElement === 'i16' ? 0.0004 : 0.1, zeroOf(xElement)));
  const constants = [randomTensor(random, w), ...(c.outputs > 0 ? [bias] : [])];
  return layer.build(c.definition, constants, { ...c.attributes, clamp } as never);
}

describe.each(Object.keys(cases))('%s: references equal loops', (name) => {
  it.each(forms)('%s by %s', (...form) => {
    const random = randomNumbers(17);
    for (let n = 0; n < 12; n++) {
      const seed = Math.floor(random() * 2 ** 31);
      const make = () => randomLayer(cases[name]!(randomNumbers(seed)), form, randomNumbers(seed + 1));
      const inputs = make().runs.func.inputs.map((i) => randomTensor(random, i.value.type).data);
      // Accumulators and requantization apart, then fused.
      const [[apart]] = make().runs.run([inputs]) as [[TensorData['data']]];
      const { func } = make().fused().runs;
      const [fused] = runProgram(lowerFunction(func, { name: 'test', isa: scalar }), { poison: true }).run(inputs);
      expect(bytesOf(fused!)).toEqual(bytesOf(apart));
      const [reference] = createReferenceRunner(func).run(inputs);
      expect(bytesOf(reference!.data)).toEqual(bytesOf(apart));
      expect(elementCount(reference!.type.shape)).toBe(apart.length);
    }
  });
});
