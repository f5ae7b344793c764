// Rows of convolutions. Images are n x channels x ..., weights out x in x ...; the IR's are channels last.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (Conv, ConvTranspose).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { conv2d } from '../../../../ir/ops/conv2d.ts';
import { depthwiseConv2d } from '../../../../ir/ops/depthwise-conv2d.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { reinterpret } from '../../../../ir/ops/reinterpret.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { slice } from '../../../../ir/ops/slice.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { transposeConv2d } from '../../../../ir/ops/transpose-conv2d.ts';
import { type TensorType, tensorType } from '../../../../ir/types.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { sliceAxis } from './moving.ts';
import { channelsFirst, channelsLast, type Window, windowOf } from './window.ts';

export const convolutionRows: Rows = {
  Conv: (op) => convolution(op, op.input(0), op.input(1), op.optional(2), op.int('group', 1)),
  ConvTranspose(op) {
    const [x, w] = [op.input(0), op.input(1)];
    const rank = x.type.shape.length - 2;
    checkRanks(x, w, rank);
    const group = op.int('group', 1);
    const channels = x.type.shape[1]!;
    rule(
      group > 0 && channels % group === 0 && w.type.shape[0] === channels,
      () => `has ${channels} channels for ${w.type.shape[0]} weights`,
    );
    const shape = transposedShape(op, x.type.shape.slice(2), w.type.shape.slice(2));
    const depth = channels / group;
    const bias = op.optional(2);
    // A layer of its own, which takes its bias along and may be quantized.
    if (group === 1 && rank < 3) return transposedPart(op, x, w, shape, bias);
    const parts = Array.from({ length: group }, (_, g) =>
      transposedPart(
        op,
        group === 1 ? x : sliceAxis(op, x, 1, g * depth, depth),
        group === 1 ? w : sliceAxis(op, w, 0, g * depth, depth),
        shape,
      ),
    );
    const y = parts.length === 1 ? parts[0]! : op.emit(concat, parts, { axis: 1 });
    if (bias === undefined) return y;
    return op.emit(add, [
      y,
      op.emit(reshape, [bias], { shape: [bias.type.shape[0] ?? 1, ...new Array<number>(rank).fill(1)] }),
    ]);
  },
};

/** What a convolution of integers says beside its operands. */
export interface ConvolutionNumbers {
  /** Element type and quantization of the result. */
  readonly type: TensorType;
  readonly input_zero?: number;
  readonly weights_zero?: number;
  /** Scales and zero points of the weights and of the bias, one per output channel. */
  readonly weights?: { readonly scale: readonly number[]; readonly zero: readonly number[] };
  readonly bias?: { readonly scale: readonly number[]; readonly zero: readonly number[] };
}

function checkRanks(_x: Value, w: Value, rank: number): void {
  rule(rank >= 1 && rank <= 3, () => `takes 1 to 3 spatial dimensions, got ${rank}`);
  rule(w.type.shape.length === rank + 2, () => `takes weights of rank ${rank + 2}, got ${w.type.shape.length}`);
}

/** Conv: in one dimension an image of one row, in three a sum over the planes of the kernel. */
export function convolution(
  op: NodeContext,
  x: Value,
  w: Value,
  bias: Value | undefined,
  group: number,
  numbers?: ConvolutionNumbers,
): Value {
  const rank = x.type.shape.length - 2;
  checkRanks(x, w, rank);
  const window = windowOf(op, x.type.shape.slice(2), op.ints('kernel_shape') ?? w.type.shape.slice(2));
  if (rank === 1) {
    const row = (v: Value) => op.emit(reshape, [v], { shape: v.type.shape.toSpliced(2, 0, 1) });
    const y = plane(op, row(x), row(w), bias, group, lifted(window), numbers);
    return op.emit(reshape, [y], { shape: y.type.shape.toSpliced(2, 1) });
  }
  if (rank === 2) return plane(op, x, w, bias, group, window, numbers);
  if (numbers?.type.quant !== undefined) op.unsupported('It is quantized and has three dimensions.');
  return volume(op, x, w, bias, group, window, numbers);
}

/** A window of one dimension as one of two, the first of extent 1. */
function lifted(window: Window): Window {
  const one = (list: readonly number[], first: number) => [first, ...list];
  return {
    kernel: one(window.kernel, 1),
    stride: one(window.stride, 1),
    dilation: one(window.dilation, 1),
    before: one(window.before, 0),
    after: one(window.after, 0),
    extra: one(window.extra, 0),
    count: one(window.count, 1),
  };
}

function plane(
  op: NodeContext,
  x: Value,
  w: Value,
  bias: Value | undefined,
  group: number,
  window: Window,
  numbers?: ConvolutionNumbers,
): Value {
  const { stride, dilation, before, after } = window;
  const { input_zero = 0, weights_zero = 0 } = numbers ?? {};
  const pads = [before[0]!, after[0]!, before[1]!, after[1]!];
  const attributes = { stride, dilation, pad: pads, input_zero, weights_zero };
  const channels = x.type.shape[1]!;
  const [out = 0, depth = 0, ky = 0, kx = 0] = w.type.shape;
  rule(
    group > 0 && depth * group === channels,
    () => `has ${channels} channels for weights of ${depth} in ${group} groups`,
  );
  const image = channelsLast(op, x);
  const offset = bias && perOutput(op, bias, numbers?.bias, 0);
  if (depth === 1 && group > 1) {
    // Every channel on its own: 1 x ky x kx x out, the outputs of one channel beside each other, as they are already.
    const taps = op.emit(transpose, [op.emit(reshape, [w], { shape: [out, ky, kx] })], { perm: [1, 2, 0] });
    const weights = perOutput(op, op.emit(reshape, [taps], { shape: [1, ky, kx, out] }), numbers?.weights, 3);
    return channelsFirst(op, op.emit(depthwiseConv2d, [image, weights, offset], attributes, numbers?.type));
  }
  const weights = perOutput(op, channelsLast(op, w), numbers?.weights, 0);
  return channelsFirst(op, op.emit(conv2d, [image, weights, offset], attributes, numbers?.type));
}

/** Integers under a quantization along the axis of the output channels, where there is one. */
function perOutput(op: NodeContext, x: Value, quant: ConvolutionNumbers['weights'], axis: number): Value {
  if (quant === undefined) return x;
  return op.emit(reinterpret, [x], {}, tensorType(x.type.element, x.type.shape, { axis, ...quant }));
}

function volume(
  op: NodeContext,
  x: Value,
  w: Value,
  bias: Value | undefined,
  group: number,
  window: Window,
  numbers?: ConvolutionNumbers,
): Value {
  const tail = (list: readonly number[]) => list.slice(1);
  const flat: Window = {
    kernel: tail(window.kernel),
    stride: tail(window.stride),
    dilation: tail(window.dilation),
    before: tail(window.before),
    after: tail(window.after),
    extra: tail(window.extra),
    count: tail(window.count),
  };
  const [n = 0, channels = 0, , height = 0, width = 0] = x.type.shape;
  const planes = window.count[0]!;
  const front = [0, 0, window.before[0]!, 0, 0];
  const value = numbers?.input_zero ?? 0;
  const deep = op.emit(pad, [x], { before: front, after: [0, 0, window.after[0]!, 0, 0], value });
  let sum: Value | undefined;
  for (let k = 0; k < window.kernel[0]!; k++) {
    const start = [0, 0, k * window.dilation[0]!, 0, 0];
    const size = [n, channels, planes, height, width];
    const part = op.emit(slice, [deep], { start, size, step: [1, 1, window.stride[0]!, 1, 1] });
    const image = op.emit(reshape, [op.emit(transpose, [part], { perm: [0, 2, 1, 3, 4] })], {
      shape: [n * planes, channels, height, width],
    });
    const weights = op.emit(reshape, [sliceAxis(op, w, 2, k, 1)], { shape: w.type.shape.toSpliced(2, 1) });
    const y = plane(op, image, weights, k === 0 ? bias : undefined, group, flat, numbers);
    sum = sum === undefined ? y : op.emit(add, [sum, y]);
  }
  const [, out = 0, rows = 0, columns = 0] = sum?.type.shape ?? [];
  const split = op.emit(reshape, [sum!], { shape: [n, planes, out, rows, columns] });
  return op.emit(transpose, [split], { perm: [0, 2, 1, 3, 4] });
}

interface TransposedShape {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Positions cut off at the front. */
  readonly before: readonly number[];
  readonly extent: readonly number[];
}

/** Extents and padding of ConvTranspose: given, or out of the other as the specification says. */
function transposedShape(op: NodeContext, extents: readonly number[], kernel: readonly number[]): TransposedShape {
  const rank = extents.length;
  const list = (name: string, fallback: number) => {
    const given = op.ints(name) ?? new Array<number>(rank).fill(fallback);
    rule(
      given.length === rank && given.every((n) => n >= 0 && n <= 2 ** 28),
      () => `needs ${rank} natural numbers as ${name}`,
    );
    return given;
  };
  const [stride, dilation, outputPadding] = [list('strides', 1), list('dilations', 1), list('output_padding', 0)];
  rule(
    [...stride, ...dilation].every((n) => n > 0),
    'has a step or distance of 0',
  );
  const full = extents.map((n, d) => stride[d]! * (n - 1) + outputPadding[d]! + (kernel[d]! - 1) * dilation[d]! + 1);
  const auto = op.string('auto_pad', 'NOTSET');
  const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
  const wanted = op.ints('output_shape')?.slice(-rank) ?? (same ? extents.map((n, d) => n * stride[d]!) : undefined);
  const pads = op.ints('pads') ?? new Array<number>(2 * rank).fill(0);
  rule(pads.length === 2 * rank, () => `needs ${2 * rank} pads, got ${pads.length}`);
  const before = extents.map((_, d) => {
    if (wanted === undefined) return pads[d]!;
    const total = Math.max(0, full[d]! - wanted[d]!);
    return auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
  const extent = wanted ?? full.map((n, d) => n - pads[d]! - pads[d + rank]!);
  rule(
    before.every((n) => n >= 0) && extent.every((n) => n > 0 && n <= 2 ** 28),
    () => `gives extents [${extent.join(', ')}]`,
  );
  return { stride, dilation, before, extent };
}

/** One group of a transposed convolution, in as many dimensions as it has; a bias in one or two. */
function transposedPart(op: NodeContext, x: Value, w: Value, shape: TransposedShape, bias?: Value): Value {
  const rank = shape.extent.length;
  if (rank === 1) {
    const row = (v: Value) => op.emit(reshape, [v], { shape: v.type.shape.toSpliced(2, 0, 1) });
    const { stride, dilation, before, extent } = shape;
    const one = (first: number, list: readonly number[]) => [first, ...list];
    const plane = {
      stride: one(1, stride),
      dilation: one(1, dilation),
      before: one(0, before),
      extent: one(1, extent),
    };
    const y = transposedPart(op, row(x), row(w), plane, bias);
    return op.emit(reshape, [y], { shape: y.type.shape.toSpliced(2, 1) });
  }
  if (rank === 3) return transposedVolume(op, x, w, shape);
  const spread = spreadTaps(op, spreadTaps(op, w, 2, shape.dilation[0]!), 3, shape.dilation[1]!);
  const weights = op.emit(transpose, [spread], { perm: [1, 2, 3, 0] });
  const { stride, before, extent } = shape;
  const operands = [channelsLast(op, x), weights, bias];
  return channelsFirst(op, op.emit(transposeConv2d, operands, { stride, pad: before, extent }));
}

/** An axis with zeros between its elements, so that neighbours are `distance` apart. */
export function spreadTaps(op: NodeContext, x: Value, axis: number, distance: number): Value {
  const { shape } = x.type;
  const extent = shape[axis]!;
  if (distance === 1 || extent === 1) return x;
  const apart = op.emit(reshape, [x], { shape: shape.toSpliced(axis + 1, 0, 1) });
  const after = apart.type.shape.map((_, d) => (d === axis + 1 ? distance - 1 : 0));
  const filled = op.emit(pad, [apart], { before: after.map(() => 0), after });
  const whole = op.emit(reshape, [filled], { shape: shape.with(axis, extent * distance) });
  return sliceAxis(op, whole, axis, 0, (extent - 1) * distance + 1);
}

/** In three dimensions: for each plane of the kernel the images of all planes of x, spread and moved into place. */
function transposedVolume(
  op: NodeContext,
  x: Value,
  w: Value,
  { stride, dilation, before, extent }: TransposedShape,
): Value {
  const [n = 0, channels = 0, planes = 0, height = 0, width = 0] = x.type.shape;
  const inPlane = {
    stride: stride.slice(1),
    dilation: dilation.slice(1),
    before: before.slice(1),
    extent: extent.slice(1),
  };
  const images = op.emit(reshape, [op.emit(transpose, [x], { perm: [0, 2, 1, 3, 4] })], {
    shape: [n * planes, channels, height, width],
  });
  const length = before[0]! + extent[0]!;
  let sum: Value | undefined;
  for (let k = 0; k < w.type.shape[2]!; k++) {
    const weights = op.emit(reshape, [sliceAxis(op, w, 2, k, 1)], { shape: w.type.shape.toSpliced(2, 1) });
    const y = transposedPart(op, images, weights, inPlane);
    const [, out = 0, rows = 0, columns = 0] = y.type.shape;
    const deep = op.emit(transpose, [op.emit(reshape, [y], { shape: [n, planes, out, rows, columns] })], {
      perm: [0, 2, 1, 3, 4],
    });
    const spread = spreadTaps(op, deep, 2, stride[0]!);
    const front = k * dilation[0]!;
    const here = sliceAxis(op, spread, 2, 0, Math.max(0, Math.min(spread.type.shape[2]!, length - front)));
    const moved = op.emit(pad, [here], {
      before: [0, 0, Math.min(front, length), 0, 0],
      after: [0, 0, Math.max(0, length - front - here.type.shape[2]!), 0, 0],
    });
    sum = sum === undefined ? moved : op.emit(add, [sum, moved]);
  }
  return sliceAxis(op, sum!, 2, before[0]!, extent[0]!);
}
