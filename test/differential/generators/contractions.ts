// Convolutions and matrix products: channels, taps, strides and groups on both sides of tiles and vectors, weights with a
// scale per tensor or per channel, and all forms (float, quantized, accumulators, explicit requantization).
import type { Requantization } from '../../../ir/attributes.ts';
import type { AnyOpDefinition, AttributeRecord, Value } from '../../../ir/module.ts';
import { batchMatmul } from '../../../ir/ops/batch-matmul.ts';
import { conv2d } from '../../../ir/ops/conv2d.ts';
import { depthwiseConv2d } from '../../../ir/ops/depthwise-conv2d.ts';
import { fullyConnected } from '../../../ir/ops/fully-connected.ts';
import { transposeConv2d } from '../../../ir/ops/transpose-conv2d.ts';
import { type ElementType, integerRange, perTensor, type TensorType, tensorType } from '../../../ir/types.ts';
import type { Draft, Generator } from '../draft.ts';
import type { Draw } from '../draw.ts';
import { activation, requantization } from '../requantizations.ts';
import {
  axisQuantization,
  broadcastable,
  contents,
  extent,
  imageShape,
  quantization,
  shape,
  smallIntegers,
  typeOf,
  zeroPoint,
} from '../tensors.ts';

const isOperand = (t: TensorType) =>
  t.element === 'f32' || (t.quant !== undefined && t.quant.axis === undefined && isSmall(t.element));
const isSmall = (element: ElementType) => smallIntegers.some((e) => e === element);

/** The element type of a fresh operand: the program's, if contractions take it. */
function operandElement({ theme, draw }: Draft): ElementType {
  return isSmall(theme) || theme === 'f32' ? theme : draw.pick(['i8', 'i8', 'u8', 'i16', 'f32'] as const);
}

function image(draft: Draft): Value {
  return draft.operand(
    (t) => t.shape.length === 4 && !t.shape.includes(0) && isOperand(t),
    () => typeOf(draft.draw, operandElement(draft), imageShape(draft.draw)),
  );
}

/** The type of weights beside an input: symmetric i8 most of the time where it is no float, along the channel axis or not. */
function weightsType(draw: Draw, input: ElementType, dims: readonly number[], axis: number | undefined): TensorType {
  const isFloat = input === 'f32';
  if (isFloat && draw.chance(0.7)) return tensorType('f32', dims);
  const element = draw.weighted<ElementType>([
    [10, input === 'u8' ? 'u8' : 'i8'],
    [1, 'i8'],
    [1, 'u8'],
    [1, 'i4'],
    [0.5, 'i16'],
  ]);
  const zero = !isFloat && (element === 'u8' || draw.chance(0.1)) ? zeroPoint(draw, element) : 0;
  const count = axis === undefined ? undefined : dims[axis];
  if (axis === undefined || count === undefined || draw.chance(0.4)) {
    return tensorType(element, dims, perTensor(quantization(draw, element).scale[0] ?? 1, zero));
  }
  return tensorType(element, dims, axisQuantization(draw, axis, count, zero));
}

function weightsOf(draft: Draft, type: TensorType): Value {
  // Weights are constant but for hybrid networks and attention.
  return draft.draw.chance(0.92) ? draft.constant(type) : draft.input(type);
}

function biasOf(draft: Draft, input: ElementType, count: number): Value | undefined {
  const { draw } = draft;
  if (draw.chance(0.25)) return undefined;
  const element = input === 'f32' ? 'f32' : input === 'i16' && draw.chance(0.5) ? 'i64' : 'i32';
  const type = tensorType(element, [count]);
  // A 64-bit bias must be constant, and leave its sums below 2^47.
  if (element === 'i64') return draft.constantOf(contents(draw, type));
  return draw.chance(0.95) ? draft.constant(type) : draft.input(type);
}

interface Contraction {
  readonly definition: AnyOpDefinition;
  readonly operands: readonly [Value, Value, (Value | undefined)?];
  readonly attributes: AttributeRecord;
  /** Products per result, and output channels. */
  readonly depth: number;
  readonly channels: number;
  /** Where weights may have a scale per channel. */
  readonly perChannel: boolean;
}

/** Appends a contraction in one of its forms. */
function contract(draft: Draft, c: Contraction): void {
  const { draw } = draft;
  const { element, quant } = c.operands[0].type;
  if (element === 'f32') {
    draft.append(c.definition, c.operands, { ...c.attributes, clamp: activation(draw) });
    return;
  }
  // The usual magnitude of a sum of products of random bytes.
  const reach = (t: TensorType) => Math.max(1, (integerRange(t.element).max - integerRange(t.element).min) / 3.5);
  const magnitude = 2 * Math.sqrt(c.depth) * reach(c.operands[0].type) * reach(c.operands[1].type);
  const form = draw.weighted<'quantized' | 'requantized' | 'accumulators'>([
    [8, 'quantized'],
    [3, 'requantized'],
    [1, 'accumulators'],
  ]);
  if (form === 'quantized' && quant !== undefined) {
    const result = draw.chance(0.93) ? element : draw.pick(smallIntegers);
    const { max, min } = integerRange(result);
    const product = (quant.scale[0] ?? 1) * (c.operands[1].type.quant?.scale[0] ?? 1);
    const spread = draw.chance(0.1) ? draw.real(-14, 14) : draw.real(-2, 2);
    const scale = Math.fround(((product * magnitude) / ((max - min) / 2)) * 2 ** spread);
    const type = tensorType(result, [], perTensor(scale, zeroPoint(draw, result)));
    draft.append(c.definition, c.operands, { ...c.attributes, clamp: activation(draw) }, [type]);
    return;
  }
  const [x, w, bias] = c.operands;
  const accumulator = bias?.type.element === 'i64' || draw.chance(0.1) ? 'i64' : 'i32';
  const zeros = {
    input_zero: draw.chance(0.3) ? 0 : zeroPoint(draw, x.type.element),
    weights_zero: isByte(w.type.element) && draw.chance(0.2) ? zeroPoint(draw, w.type.element) : 0,
  };
  const attributes = { ...c.attributes, ...zeros, accumulator };
  const operands = [x, w, bias];
  if (form === 'accumulators') {
    draft.append(c.definition, operands, attributes, [tensorType(accumulator, [])]);
    return;
  }
  const result = draw.chance(0.9) ? element : draw.pick(smallIntegers);
  const factors = c.perChannel && draw.chance(0.6) ? c.channels : 1;
  const rounding = draw.pick(['double', 'double', 'single', 'half-even'] as const);
  const requant: Requantization = requantization(draw, rounding, result, magnitude, factors);
  const type = tensorType(result, [], quantization(draw, result));
  draft.append(c.definition, operands, { ...attributes, requant }, [type]);
}

const isByte = (element: ElementType) => element === 'i8' || element === 'u8';

/** Rows or columns ahead of and behind an image so that it keeps its size, or loses its border, or any. */
function padding(draw: Draw, size: number, kernel: number, stride: number, dilation: number): [number, number] {
  const reach = (kernel - 1) * dilation;
  return draw.weighted<() => [number, number]>([
    [
      5,
      () => {
        // As TensorFlow's `same`: the smaller half ahead.
        const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach + 1 - size);
        return [Math.floor(total / 2), Math.ceil(total / 2)];
      },
    ],
    [3, () => [0, 0]],
    [1, () => [draw.int(0, reach), draw.int(0, reach)]],
    [0.5, () => [draw.int(0, reach + 3), draw.int(0, reach + 3)]],
  ])();
}

interface Window {
  readonly kernel: readonly [number, number];
  readonly attributes: AttributeRecord;
}

function windowOver(draw: Draw, [, height = 1, width = 1]: readonly number[]): Window {
  const kernel = draw.weighted<readonly [number, number]>([
    [4, [1, 1]],
    [6, [3, 3]],
    [1, [1, 3]],
    [1, [3, 1]],
    [1, [2, 2]],
    [1, [5, 5]],
    [1, [draw.int(1, 7), draw.int(1, 10)]],
  ]);
  const one = draw.weighted<number>([
    [6, 1],
    [3, 2],
    [1, 3],
  ]);
  const stride = [one, draw.chance(0.15) ? draw.int(1, 4) : one] as const;
  const dilation = draw.chance(0.15) ? ([draw.int(1, 3), draw.int(1, 3)] as const) : ([1, 1] as const);
  const pad = [
    ...padding(draw, height, kernel[0], stride[0], dilation[0]),
    ...padding(draw, width, kernel[1], stride[1], dilation[1]),
  ];
  return { kernel, attributes: { stride, dilation, pad } };
}

const convolve: Generator = (draft) => {
  const { draw } = draft;
  const x = image(draft);
  const channels = x.type.shape[3] ?? 1;
  const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((n) => channels % n === 0);
  const groups = draw.chance(0.12) ? draw.pick(divisors) : 1;
  const depth = channels / groups;
  const window = windowOver(draw, x.type.shape);
  const out = groups * extent(draw, Math.max(1, Math.floor(40 / groups)));
  const dims = [out, ...window.kernel, depth];
  const w = weightsOf(draft, weightsType(draw, x.type.element, dims, 0));
  const bias = biasOf(draft, x.type.element, out);
  const products = window.kernel[0] * window.kernel[1] * depth;
  contract(draft, {
    ...{ definition: conv2d, operands: [x, w, bias], attributes: window.attributes },
    ...{ depth: products, channels: out, perChannel: true },
  });
};

const convolveDepthwise: Generator = (draft) => {
  const { draw } = draft;
  const x = image(draft);
  const channels = x.type.shape[3] ?? 1;
  const out = channels * (draw.chance(0.2) ? draw.int(2, 4) : 1);
  const window = windowOver(draw, x.type.shape);
  const w = weightsOf(draft, weightsType(draw, x.type.element, [1, ...window.kernel, out], 3));
  const bias = biasOf(draft, x.type.element, out);
  contract(draft, {
    ...{ definition: depthwiseConv2d, operands: [x, w, bias], attributes: window.attributes },
    ...{ depth: window.kernel[0] * window.kernel[1], channels: out, perChannel: true },
  });
};

const connectFully: Generator = (draft) => {
  const { draw } = draft;
  const fits = (t: TensorType) => t.shape.length > 0 && !t.shape.includes(0) && isOperand(t);
  const x = draft.operand(fits, () => {
    const rows = draw.chance(0.6) ? 1 : extent(draw, 9);
    return typeOf(draw, operandElement(draft), [rows, draw.chance(0.2) ? draw.int(60, 300) : extent(draw, 65)]);
  });
  const dims = x.type.shape;
  const whole = dims.slice(1).reduce((n, d) => n * d, 1);
  const [last, keep] = [dims.at(-1) ?? 1, draw.chance(0.3)];
  const depth = keep || draw.chance(0.3) ? last : whole;
  const out = extent(draw, 40);
  const w = weightsOf(draft, weightsType(draw, x.type.element, [out, depth], 0));
  const bias = biasOf(draft, x.type.element, out);
  contract(draft, {
    ...{ definition: fullyConnected, operands: [x, w, bias], attributes: { keep_dims: keep } },
    ...{ depth, channels: out, perChannel: true },
  });
};

const multiplyMatrices: Generator = (draft) => {
  const { draw } = draft;
  const fits = (t: TensorType) => t.shape.length >= 2 && !t.shape.includes(0) && isOperand(t);
  const x = draft.operand(fits, () => typeOf(draw, operandElement(draft), shape(draw, draw.int(2, 4), 300)));
  const [adjoint_x, adjoint_w] = [draw.chance(0.25), draw.chance(0.4)];
  const dims = x.type.shape;
  const depth = dims.at(adjoint_x ? -2 : -1) ?? 1;
  const columns = extent(draw, 24);
  const inner = adjoint_w ? [columns, depth] : [depth, columns];
  const wanted = weightsType(draw, x.type.element, [...broadcastable(draw, dims.slice(0, -2)), ...inner], undefined);
  const matches = (t: TensorType) =>
    t.shape.length >= 2 && t.shape.at(adjoint_w ? -1 : -2) === depth && isOperand(t) && t.element === x.type.element;
  const w = draft.partner(matches, () => wanted);
  contract(draft, {
    ...{ definition: batchMatmul, operands: [x, w], attributes: { adjoint_x, adjoint_w } },
    ...{ depth, channels: columns, perChannel: false },
  });
};

const convolveTransposed: Generator = (draft) => {
  const { draw } = draft;
  const x = image(draft);
  const [, height = 1, width = 1, channels = 1] = x.type.shape;
  const kernel = [draw.int(1, 4), draw.int(1, 4)] as const;
  const stride = [draw.int(1, 3), draw.int(1, 3)] as const;
  const pad = [draw.int(0, kernel[0] - 1), draw.int(0, kernel[1] - 1)];
  const full = [(height - 1) * stride[0] + kernel[0], (width - 1) * stride[1] + kernel[1]];
  const extents = full.map((n, d) => Math.max(1, n - (pad[d] ?? 0) - draw.int(-1, 2)));
  const out = extent(draw, 20);
  const w = weightsOf(draft, weightsType(draw, x.type.element, [out, ...kernel, channels], 0));
  const bias = biasOf(draft, x.type.element, out);
  contract(draft, {
    ...{ definition: transposeConv2d, operands: [x, w, bias], attributes: { stride, pad, extent: extents } },
    ...{ depth: channels * 2, channels: out, perChannel: true },
  });
};

export const contractions = {
  conv2d: convolve,
  depthwise_conv2d: convolveDepthwise,
  fully_connected: connectFully,
  batch_matmul: multiplyMatrices,
  transpose_conv2d: convolveTransposed,
} satisfies Record<string, Generator>;
