// Rows of com.microsoft's products of integer matrices: from floats that are quantized when the program runs, to floats,
// and QGemm.
// Specification: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md; what goes to floats is
// scaled as its CPU kernels do: accumulators times the product of both scales (contrib_ops/cpu/quantization).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { constantOf } from '../../../../ir/ops/constant.ts';
import { fullyConnected } from '../../../../ir/ops/fully-connected.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { quantize } from '../../../../ir/ops/quantize.ts';
import { reinterpret } from '../../../../ir/ops/reinterpret.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { elementCount, type Quantization, tensorType } from '../../../../ir/types.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { byteInput, contribRow, floatInput, optionalFloat } from './contrib-row.ts';
import { integerProduct } from './integer-products.ts';
import { asMatrices, transposed } from './matmul.ts';
import { channelQuantization, dynamicallyQuantized, plain, wholeQuantization } from './quantization.ts';

export const contribProductRows: Rows = {
  DynamicQuantizeMatMul: contribRow([3, 5], [], (op) => {
    const a = dynamicallyQuantized(op, floatInput(op, 0));
    const product = integerProduct(op, a.y, byteInput(op, 1), a.zero, zeroPoint(op, 3, 1));
    return withBias(op, scaled(op, product, a.scale, floatInput(op, 2)), columnBias(op, 4));
  }),
  MatMulIntegerToFloat: contribRow([4, 7], [], (op) => {
    const zero = { a: zeroPoint(op, 4, 0), b: zeroPoint(op, 5, 1) };
    const y = scaledProduct(op, byteInput(op, 0), byteInput(op, 1), floatInput(op, 2), floatInput(op, 3), zero);
    return withBias(op, y, columnBias(op, 6));
  }),
  MatMulInteger16: contribRow([2, 2], [], (op) => {
    const [a, b] = [op.input(0), op.input(1)];
    for (const x of [a, b]) rule(x.type.element === 'i16', () => `takes i16, got ${x.type.element}`);
    return asMatrices(op, a, b, (x, w) => op.emit(batchMatmul, [x, w], {}, tensorType('i32', [])));
  }),
  QGemm: contribRow([6, 9], ['alpha', 'transA', 'transB'], (op) => {
    const [a, b] = [byteInput(op, 0), byteInput(op, 3)];
    for (const x of [a, b]) rule(x.type.shape.length === 2, 'multiplies matrices');
    const x = op.flag('transA') ? transposed(op, a) : a;
    // Columns of B are rows of w.
    const w = op.flag('transB') ? b : transposed(op, b);
    return asLayer(op, x, w) ?? ofAccumulators(op, x, w);
  }),
};

/** The zero point at operand `i` of operand `of`, which has its element type. */
function zeroPoint(op: NodeContext, i: number, of: number): Value | undefined {
  const zero = op.optional(i);
  const { element } = op.input(of).type;
  const found = zero?.type.element;
  rule(found === undefined || found === element, () => `has a zero point of ${found} for a tensor of ${element}`);
  return zero;
}

/** (a - zero.a) @ (b - zero.b) in real numbers: one scale for a, one or one per column for b. */
export function scaledProduct(
  op: NodeContext,
  a: Value,
  b: Value,
  scaleA: Value,
  scaleB: Value,
  zero: { readonly a: Value | undefined; readonly b: Value | undefined },
): Value {
  rule(elementCount(scaleA.type.shape) === 1, 'needs one scale for its first operand');
  return scaled(op, integerProduct(op, a, b, zero.a, zero.b), scaleA, scaleB);
}

/** Accumulators as real numbers: one scale for the rows, one or one per column for the columns. */
function scaled(op: NodeContext, accumulators: Value, left: Value, right: Value): Value {
  const one = (scale: Value) =>
    elementCount(scale.type.shape) === 1 ? op.emit(reshape, [scale], { shape: [] }) : scale;
  const factor = op.emit(mul, [one(left), one(right)]);
  const real = op.emit(cast, [accumulators], { to: 'f32' });
  const y = op.emit(mul, [real, factor]);
  rule(y.type.shape.join() === real.type.shape.join(), 'has scales that do not fit its columns');
  return y;
}

/** One number per column. */
function columnBias(op: NodeContext, i: number): Value | undefined {
  const bias = optionalFloat(op, i);
  rule(bias === undefined || bias.type.shape.length === 1, 'takes a bias of one dimension');
  return bias;
}

function withBias(op: NodeContext, x: Value, bias: Value | undefined): Value {
  if (bias === undefined) return x;
  const y = op.emit(add, [x, bias]);
  rule(y.type.shape.join() === x.type.shape.join(), 'has a bias that does not fit its columns');
  return y;
}

/** QGemm as a layer of quantized types, where its parameters are constant and its bias is one number per column. */
function asLayer(op: NodeContext, x: Value, w: Value): Value | undefined {
  const columns = w.type.shape[0] ?? 0;
  const bias = biasOf(op);
  const perColumn = bias === undefined || elementCount(bias.type.shape) === columns;
  const lastIsColumn = bias === undefined || bias.type.shape.at(-1) === columns || columns === 1;
  const known = [3, 4, 5, 7, 8].every((i) => !op.has(i) || constantOf(op.input(i)) !== undefined);
  if (!op.has(7) || !perColumn || !lastIsColumn || !known) return undefined;
  const input = scaledInput(op);
  const weights = channelQuantization(op, 4, columns);
  // Layers take one zero point for all of their weights.
  if (new Set(weights.zero).size > 1) return undefined;
  for (const [i, of] of [
    [2, 0],
    [5, 3],
  ] as const)
    zeroPoint(op, i, of);
  const biasQuant: Quantization = {
    axis: 0,
    scale: weights.scale.map((s) => Math.fround(s * input.scale[0]!)),
    zero: weights.zero.map(() => 0),
  };
  const offset = bias && op.emit(reshape, [bias], { shape: [columns] });
  const y = op.emit(
    fullyConnected,
    [
      op.emit(reinterpret, [x], {}, tensorType(x.type.element, x.type.shape, input)),
      op.emit(reinterpret, [w], {}, tensorType(w.type.element, w.type.shape, { axis: 0, ...weights })),
      offset && op.emit(reinterpret, [offset], {}, tensorType('i32', [columns], biasQuant)),
    ],
    {},
    tensorType(resultElement(op), [], wholeQuantization(op, 7)),
  );
  return plain(op, y);
}

/** alpha stands beside the first scale wherever that stands, so that it may be a part of it. */
function scaledInput(op: NodeContext): Quantization {
  const { scale, zero } = wholeQuantization(op, 1);
  const alpha = op.float('alpha', 1);
  if (!(alpha > 0 && Number.isFinite(alpha))) op.unsupported(`alpha is ${alpha}; int8c takes positive numbers.`);
  return { scale: scale.map((s) => Math.fround(s * alpha)), zero };
}

/** QGemm in general: accumulators, C added to them, as real numbers, which are quantized where a scale is given. */
function ofAccumulators(op: NodeContext, x: Value, w: Value): Value {
  const product = integerProduct(op, x, transposed(op, w), zeroPoint(op, 2, 0), zeroPoint(op, 5, 3));
  const sum = withBias(op, product, biasOf(op));
  const alpha = op.scalar('f32', op.float('alpha', 1));
  const real = scaled(op, sum, op.emit(mul, [alpha, floatInput(op, 1)]), floatInput(op, 4));
  if (!op.has(7)) return real;
  const type = tensorType(resultElement(op), real.type.shape, wholeQuantization(op, 7));
  return plain(op, op.emit(quantize, [real], { ties: 'even' }, type));
}

function biasOf(op: NodeContext): Value | undefined {
  const bias = op.optional(6);
  rule(bias === undefined || bias.type.element === 'i32', 'takes C as i32');
  return bias;
}

/** The element type of a quantized result: its zero point's. */
function resultElement(op: NodeContext): 'i8' | 'u8' {
  const element = op.input(8).type.element;
  if (element === 'i8' || element === 'u8') return element;
  return op.fail('I8C0207', `Its result has a zero point of ${element}, not of 8 bits.`);
}
