// Rows of operators about shapes: other shapes for the same elements, and shapes as tensors.
import { rule } from '../../../../ir/define-op.ts';
import { broadcastShape, normalizeAxis } from '../../../../ir/shapes.ts';
import { elementCount } from '../../../../ir/types.ts';
import { intsValue } from '../constant-value.ts';
import { asOutput, constantInt, movement } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

export const shapingRows: Rows = {
  RESHAPE(op) {
    const x = op.input(0);
    return asOutput(op, movement(op).reshape(x, reshapedShape(op, elementCount(x.type.shape))));
  },
  SQUEEZE(op) {
    const x = op.input(0);
    const { shape } = x.type;
    const dims = new Set((op.options('SqueezeOptions').squeezeDims ?? []).map((d) => normalizeAxis(d, shape.length)));
    for (const d of dims) rule(shape[d] === 1, () => `squeezes dimension ${d} of ${shape[d]} elements`);
    const isDropped = (d: number) => (dims.size === 0 ? shape[d] === 1 : dims.has(d));
    return asOutput(
      op,
      movement(op).reshape(
        x,
        shape.filter((_, d) => !isDropped(d)),
      ),
    );
  },
  EXPAND_DIMS(op) {
    const x = op.input(0);
    const axis = normalizeAxis(constantInt(op, 1, 'axis'), x.type.shape.length + 1);
    return asOutput(op, movement(op).reshape(x, x.type.shape.toSpliced(axis, 0, 1)));
  },
  SHAPE(op) {
    return intsValue(op, op.input(0).type.shape);
  },
  RANK(op) {
    return intsValue(op, [op.input(0).type.shape.length], []);
  },
  BROADCAST_ARGS(op) {
    return intsValue(op, broadcastShape(op.ints(0, 'first shape'), op.ints(1, 'second shape')));
  },
};

/**
 * The shape to take: the constant operand, the option, or what the file says of the output, the first of them that fits
 * the number of elements. TensorFlow Lite Micro looks at the output only (micro/kernels/reshape_common.cc).
 */
function reshapedShape(op: OperatorContext, count: number): readonly number[] {
  const candidates: (readonly number[])[] = [];
  if (op.constantInput(1) !== undefined) candidates.push(op.ints(1, 'new shape'));
  const option = op.has(1) ? undefined : op.options('ReshapeOptions').newShape;
  // An early way to say "scalar" (same source).
  if (option !== undefined) candidates.push(option.length === 1 && option[0] === 0 ? [] : option);
  candidates.push(op.outputType().shape);
  const found = candidates.map((shape) => filledShape(shape, count)).find((shape) => shape !== undefined);
  if (found === undefined) {
    op.fail('I8C0207', `${count} elements cannot be shaped as [${candidates[0]?.join(', ')}].`);
  }
  return found;
}

/** The shape with its one -1 replaced by what the number of elements leaves; undefined where it does not fit. */
function filledShape(shape: readonly number[], count: number): readonly number[] | undefined {
  const open = shape.indexOf(-1);
  const known = elementCount(shape.filter((n) => n !== -1));
  const filled = open < 0 ? shape : shape.with(open, known === 0 ? 0 : count / known);
  const fits = filled.every((n) => Number.isSafeInteger(n) && n >= 0) && elementCount(filled) === count;
  return fits ? filled : undefined;
}
