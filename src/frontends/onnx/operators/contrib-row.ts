// What rows of the domain com.microsoft have in common: the form that ONNX Runtime's specification gives an operator is
// checked before it is built, since nothing else checks these nodes (onnx.checker does not know the domain).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import type { NodeContext, Row } from '../node-context.ts';

/** A row of an operator with this many operands, at least and at most, and no other attributes than these. */
export const contribRow =
  (operands: readonly [least: number, most: number], attributes: readonly string[], build: Row): Row =>
  (op) => {
    op.checkForm(operands, attributes);
    return build(op);
  };

/** Operand `i`, which must be f32. */
export function floatInput(op: NodeContext, i: number): Value {
  const x = op.input(i);
  rule(x.type.element === 'f32', () => `takes floats as operand ${i}, got ${x.type.element}`);
  return x;
}

export const optionalFloat = (op: NodeContext, i: number): Value | undefined =>
  op.has(i) ? floatInput(op, i) : undefined;

/** Operand `i`, which must have 8-bit integers. */
export function byteInput(op: NodeContext, i: number): Value {
  const x = op.input(i);
  const { element } = x.type;
  rule(element === 'i8' || element === 'u8', () => `takes 8-bit integers as operand ${i}, got ${element}`);
  return x;
}

/** Fails where the node has operand `i`, or asks for output `i`, for a reason that `what` says. */
export function refuseOperand(op: NodeContext, i: number, what: string): void {
  if (op.has(i)) op.unsupported(`It has ${what} (operand ${i}).`);
}

export function refuseOutput(op: NodeContext, i: number, what: string): void {
  if (op.wants(i)) op.unsupported(`It returns ${what} (output ${i}).`);
}

/** Fails where an integer attribute is there and not 0. */
export function refuseFlag(op: NodeContext, name: string): void {
  if (op.flag(name)) op.unsupported(`Attribute ${name} is ${op.int(name)}; int8c has 0.`);
}
