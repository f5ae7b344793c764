// Rows of operators that make tensors out of little: fills, ranges, repetitions.
import { Movement } from '../../../../ir/movement.ts';
import { equal } from '../../../../ir/ops/comparison.ts';
import { constant } from '../../../../ir/ops/constant.ts';
import { select } from '../../../../ir/ops/select.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { numbersOf, tensorOf } from '../../../../ir/tensor-data.ts';
import { type ElementType, elementCount, tensorType } from '../../../../ir/types.ts';
import { constantValue } from '../constant-value.ts';
import { asOutput, constantInt, movement, outputName } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

export const fillingRows: Rows = {
  FILL(op) {
    const value = op.input(1);
    if (elementCount(value.type.shape) !== 1) op.fail('I8C0207', 'The value is not one number.');
    const build = movement(op);
    return asOutput(op, build.broadcast(build.reshape(value, []), op.ints(0, 'shape')));
  },
  ZEROS_LIKE(op) {
    const { shape } = op.input(0).type;
    const { element, quant } = op.outputType();
    // The stored integer is 0 whatever the zero point (micro/kernels/zeros_like.cc).
    const zero = constantValue(op, tensorOf(tensorType(element, [], quant), [0]));
    return movement(op).broadcast(zero, shape);
  },
  RANGE(op) {
    return constantValue(op, rangeOf(op));
  },
  ONE_HOT(op) {
    const indices = movement(op).reinterpret(op.input(0), undefined);
    const rank = indices.type.shape.length;
    const depth = constantInt(op, 1, 'depth');
    if (depth < 0 || depth > maxRange) op.fail('I8C0207', `The depth is ${depth}.`);
    const axis = normalizeAxis(op.options('OneHotOptions').axis, rank + 1);
    const { element } = indices.type;
    if (element !== 'i32' && element !== 'i64') op.fail('I8C0202', `ONE_HOT of ${element} indices.`);
    // Positions along the new axis, one for each place of the indices behind it.
    const counted = tensorType(element, [depth, ...new Array<number>(rank - axis).fill(1)]);
    const value = tensorOf(counted, rangeUpTo(depth));
    const positions = op.builder.create(constant, [], { value }, counted, 'positions');
    const apart = movement(op).reshape(indices, indices.type.shape.toSpliced(axis, 0, 1));
    const isHot = op.builder.create(equal, [apart, positions]);
    const [on, off] = [2, 3].map((i) => asOutput(op, new Movement(op.builder).reshape(op.input(i), [])));
    return asOutput(op, op.builder.create(select, [isHot, on, off], {}, undefined, outputName(op)));
  },
  BROADCAST_TO(op) {
    return asOutput(op, movement(op).broadcast(op.input(0), op.ints(1, 'shape')));
  },
  TILE(op) {
    return asOutput(op, movement(op).tile(op.input(0), op.ints(1, 'multiples')));
  },
};

/** Ranges are kept as constants, so a longer one is more likely a mistake than a table. */
const maxRange = 2 ** 22;

const rangeUpTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** start, start + delta, ... up to limit, floats by repeated addition in f32 (TensorFlow Lite kernels/range.cc). */
function rangeOf(op: OperatorContext) {
  const { element } = op.outputType();
  if (element !== 'i32' && element !== 'i64' && element !== 'f32') op.fail('I8C0202', `RANGE of ${element}.`);
  const [start, limit, delta] = [0, 1, 2].map((i) => scalarOf(op, i, element)) as [number, number, number];
  const span = element === 'f32' ? Math.fround(Math.fround(limit - start) / delta) : (limit - start) / delta;
  const count = Math.max(0, Math.ceil(span));
  if (!(delta !== 0 && Number.isFinite(count))) op.fail('I8C0207', `A range from ${start} to ${limit} by ${delta}.`);
  if (count > maxRange) op.fail('I8C0004', `A range of ${count} elements; the limit is ${maxRange}.`);
  const values: number[] = [];
  for (let i = 0, value = start; i < count; i++) {
    values.push(value);
    value = element === 'f32' ? Math.fround(value + delta) : value + delta;
  }
  return tensorOf(tensorType(element, [count]), values);
}

function scalarOf(op: OperatorContext, i: number, element: ElementType): number {
  const data = op.constant(i, 'range');
  const [value, ...rest] = numbersOf(data);
  if (value === undefined || rest.length > 0 || data.type.element !== element || !Number.isFinite(value)) {
    op.fail('I8C0207', `Operand ${i} is not one ${element} number.`);
  }
  return value;
}
