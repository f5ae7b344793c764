// Rows of operators about shapes: other shapes for the same elements, and shapes as tensors.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { rule } from '../../../../ir/define-op.ts';
import { broadcastTo } from '../../../../ir/ops/broadcast-to.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { broadcastShape, normalizeAxis } from '../../../../ir/shapes.ts';
import { elementCount } from '../../../../ir/types.ts';
import type { NodeContext, Rows } from '../node-context.ts';

export const shapingRows: Rows = {
  Constant(op) {
    const value = op.tensor('value');
    if (value !== undefined) return op.constantOf(value);
    if (op.hasAttribute('value_float')) return op.scalar('f32', op.float('value_float'));
    if (op.hasAttribute('value_int')) return op.scalar('i64', op.int('value_int'));
    const floats = op.floats('value_floats');
    if (floats !== undefined) return op.numbers('f32', [floats.length], floats);
    const ints = op.ints('value_ints');
    if (ints !== undefined) return op.numbers('i64', [ints.length], ints);
    return op.unsupported('The constant is neither a dense tensor nor numbers.');
  },
  Identity: (op) => op.input(0),
  Shape(op) {
    const { shape } = op.input(0).type;
    const clampAxis = (axis: number) => Math.max(0, Math.min(axis < 0 ? axis + shape.length : axis, shape.length));
    const part = shape.slice(clampAxis(op.int('start', 0)), clampAxis(op.int('end', shape.length)));
    return op.numbers('i64', [part.length], part);
  },
  Size: (op) => op.scalar('i64', elementCount(op.input(0).type.shape)),
  Reshape(op) {
    const x = op.input(0);
    const shape = reshapedShape(x.type.shape, newShape(op), op.flag('allowzero'));
    return op.emit(reshape, [x], { shape });
  },
  Flatten(op) {
    const x = op.input(0);
    const { shape } = x.type;
    const given = op.int('axis', 1);
    const axis = given === shape.length ? given : normalizeAxis(given, shape.length);
    return op.emit(reshape, [x], {
      shape: [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))],
    });
  },
  Squeeze(op) {
    const x = op.input(0);
    const { shape } = x.type;
    const axes = axesOf(op, 13, 1)?.map((a) => normalizeAxis(a, shape.length));
    for (const a of axes ?? []) rule(shape[a] === 1, () => `squeezes dimension ${a} of ${shape[a]} elements`);
    return op.emit(reshape, [x], { shape: shape.filter((extent, d) => !(axes?.includes(d) ?? extent === 1)) });
  },
  Unsqueeze(op) {
    const x = op.input(0);
    const given = axesOf(op, 13, 1) ?? op.fail('I8C0207', 'The axes are missing.');
    const rank = x.type.shape.length + given.length;
    const axes = given.map((a) => normalizeAxis(a, rank));
    rule(new Set(axes).size === axes.length, () => `inserts one axis twice: [${given.join(', ')}]`);
    const rest = [...x.type.shape];
    const shape = Array.from({ length: rank }, (_, d) => (axes.includes(d) ? 1 : (rest.shift() ?? 1)));
    return op.emit(reshape, [x], { shape });
  },
  Transpose(op) {
    const x = op.input(0);
    const perm = op.ints('perm') ?? x.type.shape.map((_, d) => x.type.shape.length - 1 - d);
    return op.emit(transpose, [x], { perm });
  },
  Expand(op) {
    const x = op.input(0);
    return op.emit(broadcastTo, [x], { shape: broadcastShape(x.type.shape, op.constantInts(1, 'shape')) });
  },
};

/** Axes that were an attribute before version `since` of the operator set, and are operand `operand` from then on. */
export function axesOf(op: NodeContext, since: number, operand: number): number[] | undefined {
  if (op.opset < since) return op.ints('axes');
  return op.has(operand) ? op.constantInts(operand, 'axes') : undefined;
}

/** The shape that Reshape asks for: an attribute before version 5. */
function newShape(op: NodeContext): number[] {
  if (op.opset >= 5) return op.constantInts(1, 'new shape');
  return op.ints('shape') ?? op.fail('I8C0207', 'Attribute shape is missing.');
}

/** 0 keeps an extent (unless `allowZero`), -1 takes what is left. */
function reshapedShape(from: readonly number[], to: readonly number[], allowZero: boolean): number[] {
  const shape = to.map((extent, d) => (extent === 0 && !allowZero ? (from[d] ?? 0) : extent));
  const open = shape.indexOf(-1);
  if (open < 0) return shape;
  const others = elementCount(shape.filter((_, d) => d !== open));
  shape[open] = others === 0 ? 0 : elementCount(from) / others;
  return shape;
}
