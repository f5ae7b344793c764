// Rows of quantization: real numbers to integers and back, and operators on quantized tensors with explicit parameters.
// Where scales and zero points are constants, values get quantized types; where they are computed, arithmetic is spelled
// out. ONNX's own tensors are plain integers, so quantized results are reinterpreted.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (QuantizeLinear, QLinearConv ...).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { clamp } from '../../../../ir/ops/clamp.ts';
import { constantOf } from '../../../../ir/ops/constant.ts';
import { dequantize } from '../../../../ir/ops/dequantize.ts';
import { div } from '../../../../ir/ops/div.ts';
import { round } from '../../../../ir/ops/elementary.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { maximum, minimum } from '../../../../ir/ops/maximum.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { quantize } from '../../../../ir/ops/quantize.ts';
import { reduceMax, reduceMin } from '../../../../ir/ops/reduce.ts';
import { reinterpret } from '../../../../ir/ops/reinterpret.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { numbersOf } from '../../../../ir/tensor-data.ts';
import {
  type ElementType,
  elementCount,
  integerRange,
  isInteger,
  type Quantization,
  sameQuantization,
  type TensorType,
  tensorType,
  typeProblem,
} from '../../../../ir/types.ts';
import { dataTypeName, type ElementMapping, elementMapping, type IntegerRange } from '../element-types.ts';
import type { NodeContext, Rows } from '../node-context.ts';

export const quantizationRows: Rows = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear(op) {
    const { y, scale, zero } = dynamicallyQuantized(op, op.input(0));
    return [y, scale, zero];
  },
};

/** The row of QuantizeLinear: saturate(round(x / scale) + zero). */
export function quantizeLinear(op: NodeContext): Value {
  const given = op.input(0);
  const x = given.type.element === 'f32' ? given : op.emit(cast, [given], { to: 'f32' });
  const { element, range } = quantizedElement(op);
  rule(isInteger(element) && element !== 'i64', () => `quantizes to ${element}`);
  const [scale, zero] = [op.input(1), op.optional(2)];
  const quant = quantizationOf(op, x.type, scale, zero);
  const isHalf = element === 'i32' && range !== undefined;
  const type = isHalf ? halfType(x.type.shape, quant) : tensorType(element, x.type.shape, quant);
  if (quant === undefined || typeProblem(type) !== undefined) {
    const y = quantized(op, x, along(op, scale, x), zero && along(op, zero, x), element, range);
    if (range !== undefined) op.scope.narrow.noteRange(y, range);
    return y;
  }
  const stored = op.emit(quantize, [x], { ties: 'even' }, type);
  if (range === undefined) return plain(op, stored);
  const y = isHalf
    ? op.emit(add, [op.emit(cast, [plain(op, stored)], { to: 'i32' }), op.scalar('i32', halfWay)])
    : between(op, plain(op, stored), range);
  if (isHalf) op.scope.narrow.noteHalf(y, stored);
  op.scope.narrow.noteRange(y, range);
  return y;
}

/** The row of DequantizeLinear: (x - zero) * scale. */
export function dequantizeLinear(op: NodeContext): Value {
  const x = op.input(0);
  const [scale, zero] = [op.input(1), op.optional(2)];
  const quant = quantizationOf(op, x.type, scale, zero);
  if (quant !== undefined) {
    const half = op.scope.narrow.halfOf(x);
    if (half !== undefined && sameQuantization(half.type.quant, halfType([], quant).quant)) {
      return op.emit(dequantize, [half]);
    }
    const type = tensorType(x.type.element, x.type.shape, quant);
    if (typeProblem(type) === undefined) return op.emit(dequantize, [op.emit(reinterpret, [x], {}, type)]);
  }
  const real = op.emit(cast, [x], { to: 'f32' });
  const shifted = zero === undefined ? real : op.emit(sub, [real, op.emit(cast, [along(op, zero, x)], { to: 'f32' })]);
  return op.emit(mul, [shifted, along(op, scale, x)]);
}

/** uint16 less this is i16. */
const halfWay = 32768;

/** The i16 type that holds uint16 integers of a quantization, each 32768 less. */
function halfType(shape: readonly number[], quant: Quantization | undefined): TensorType {
  return tensorType('i16', shape, quant && { ...quant, zero: quant.zero.map((z) => z - halfWay) });
}

/** Integers limited to a range inside of their type. */
function between(op: NodeContext, x: Value, { min, max }: IntegerRange): Value {
  const { element } = x.type;
  return op.emit(minimum, [op.emit(maximum, [x, op.scalar(element, min)]), op.scalar(element, max)]);
}

/** A tensor as u8 over its own range, which contains 0: scale and zero point are computed when the program runs. */
export function dynamicallyQuantized(op: NodeContext, x: Value): { y: Value; scale: Value; zero: Value } {
  const all = x.type.shape.map((_, d) => d);
  const none = op.scalar('f32', 0);
  const low = op.emit(minimum, [op.emit(reduceMin, [x], { axes: all }), none]);
  const high = op.emit(maximum, [op.emit(reduceMax, [x], { axes: all }), none]);
  const scale = op.emit(div, [op.emit(sub, [high, low]), op.scalar('f32', 255)]);
  const zero = quantized(op, op.emit(sub, [none, low]), scale, undefined, 'u8');
  return { y: quantized(op, x, scale, zero, 'u8'), scale, zero };
}

/** saturate(round(x / scale) + zero), spelled out. */
export function quantized(
  op: NodeContext,
  x: Value,
  scale: Value,
  zero: Value | undefined,
  element: ElementType,
  range?: IntegerRange,
): Value {
  const { min, max } = range ?? integerRange(element);
  const quotient = op.emit(round, [op.emit(div, [x, scale])]);
  const moved = zero === undefined ? quotient : op.emit(add, [quotient, op.emit(cast, [zero], { to: 'f32' })]);
  return op.emit(cast, [op.emit(clamp, [moved], { min, max })], { to: element });
}

/** The element type of a QuantizeLinear: its zero point's, or what `output_dtype` says, or u8. */
function quantizedElement(op: NodeContext): Pick<ElementMapping, 'element' | 'range'> {
  const zero = op.optional(2);
  const dataType = op.int('output_dtype', 0);
  if (zero !== undefined) {
    const range = op.scope.narrow.rangeOf(zero);
    return { element: zero.type.element, ...(range && { range }) };
  }
  if (dataType === 0) return { element: 'u8' };
  return elementMapping(dataType) ?? op.fail('I8C0202', `It quantizes to ${dataTypeName(dataType)}.`);
}

/** The quantization of a tensor by constant parameters, as one or along its axis; undefined for anything else. */
function quantizationOf(
  op: NodeContext,
  x: TensorType,
  scale: Value,
  zero: Value | undefined,
): Quantization | undefined {
  const [scales, zeros] = [constantOf(scale), constantOf(zero)];
  if (scales === undefined || (zero !== undefined && zeros === undefined)) return undefined;
  const values = numbersOf(scales).map(Math.fround);
  const points = zeros === undefined ? values.map(() => 0) : numbersOf(zeros);
  if (values.length === 1) return { scale: values, zero: points };
  if (scale.type.shape.length !== 1) return undefined;
  return { axis: normalizeAxis(op.int('axis', 1), x.shape.length), scale: values, zero: points };
}

/** Parameters in a shape that broadcasts against x: one, one per index of the axis, or one per block of it. */
function along(op: NodeContext, values: Value, x: Value): Value {
  const { shape } = x.type;
  if (elementCount(values.type.shape) === 1) return op.emit(reshape, [values], { shape: [] });
  const axis = normalizeAxis(op.int('axis', 1), shape.length);
  if (values.type.shape.length === 1)
    return op.emit(reshape, [values], { shape: shape.map((n, d) => (d === axis ? n : 1)) });
  const block = op.int('block_size', 0);
  rule(block > 0 && values.type.shape.length === shape.length, 'has parameters of an impossible shape');
  const indices = op.counting(shape[axis]!).map((i) => Math.floor(i / block));
  return op.emit(gather, [values, op.numbers('i32', [indices.length], indices)], { axis });
}

/** The stored integers of a quantized value. */
export function plain(op: NodeContext, x: Value): Value {
  return x.type.quant === undefined ? x : op.emit(reinterpret, [x], {}, tensorType(x.type.element, x.type.shape));
}

/** Operand `i` under the constant quantization of operands `i + 1` and `i + 2`, as a whole. */
export function quantizedInput(op: NodeContext, i: number): Value {
  const x = op.input(i);
  const quant = wholeQuantization(op, i + 1);
  return op.emit(reinterpret, [x], {}, tensorType(x.type.element, x.type.shape, quant));
}

/** The type of a result of this shape under the constant quantization of operands `i` and `i + 1`. */
export function quantizedResult(
  op: NodeContext,
  i: number,
  shape: readonly number[],
  fallback: ElementType,
): TensorType {
  const element = op.optional(i + 1)?.type.element ?? fallback;
  return tensorType(element, shape, wholeQuantization(op, i));
}

/** One scale and zero point: constant operands `i` and `i + 1`. */
export function wholeQuantization(op: NodeContext, i: number): Quantization {
  const { scale, zero } = channelQuantization(op, i, 1);
  return { scale, zero };
}

/** Scales and zero points of `channels` channels: constant operands `i` and `i + 1`; one serves all. */
export function channelQuantization(op: NodeContext, i: number, channels: number): { scale: number[]; zero: number[] } {
  const scales = op.constantFloats(i, 'scale').map(Math.fround);
  const zeros = op.has(i + 1) ? numbersOf(op.constant(i + 1, 'zero point')) : [0];
  const whole = (list: number[]) => (list.length === 1 ? new Array<number>(channels).fill(list[0]!) : list);
  const [scale, zero] = [whole(scales), whole(zeros)];
  if (scale.length !== channels || zero.length !== channels) {
    op.fail('I8C0208', `It has ${scales.length} scales and ${zeros.length} zero points for ${channels} channels.`);
  }
  if (!scale.every((s) => s > 0 && Number.isFinite(s))) op.fail('I8C0208', 'A scale is not positive and finite.');
  return { scale, zero };
}
