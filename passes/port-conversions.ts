// What converts float ports: quantize and dequantize, and between them and the port shifts and factors of channels
// (quantization/scale-ports.ts puts them there). All of it is the price of float ports; between it all is integers.
import type { AnyOpDefinition, Func, Op, Value } from '../ir/module.ts';
import { add, sub } from '../ir/ops/add.ts';
import { constantOf } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { mul } from '../ir/ops/mul.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { elementCount } from '../ir/types.ts';
import { moves } from './quantization/tensor-groups.ts';
import { isFloat } from './quantized-form.ts';

const scaling: readonly AnyOpDefinition[] = [add, sub, mul];

/** The operators that scale float inputs ahead of nothing but quantize, or dequantized values ahead of outputs. */
export function portConversions(func: Func): ReadonlySet<Op> {
  return new Set([...aheadOfQuantize(func), ...behindDequantize(func)]);
}

/** Operators that move the floats of inputs ahead of nothing but quantize, or to outputs, dequantized ones among them. */
export function portMoves(func: Func): ReadonlySet<Op> {
  const given = new Set(func.inputs.map(({ value }) => value));
  const dequantized = new Set(
    func.ops.filter(({ definition }) => definition === dequantize).map(({ result }) => result),
  );
  const moved: Op[] = [];
  for (const op of func.ops) {
    const floats = op.operands.filter((v): v is Value => isFloat(v) && constantOf(v) === undefined);
    if (!moves(op) || !op.results.every(isFloat) || !floats.every((v) => given.has(v) || dequantized.has(v))) continue;
    const origin = floats.every((v) => given.has(v)) ? given : dequantized;
    for (const v of op.results) origin.add(v);
    moved.push(op);
  }
  const found = new Set<Op>();
  for (const op of moved.toReversed()) {
    const isTaken = (v: Value) =>
      [...v.users].every((user) => found.has(user) || (user.definition === quantize && given.has(v)));
    if (op.results.every(isTaken)) found.add(op);
  }
  return found;
}

/** What only moves elements on the way to or from a port changes nothing about it. */
const passesOn = (op: Op) => moves(op) && op.results.length === 1;

function aheadOfQuantize(func: Func): Op[] {
  const given = new Set(func.inputs.map(({ value }) => value));
  const found: Op[] = [];
  for (const op of func.ops) {
    const from = passesOn(op) ? op.operands[0] : scaledValue(op);
    if (from === undefined || !given.has(from)) continue;
    given.add(op.result);
    if (!passesOn(op)) found.push(op);
  }
  const kept = new Set<Op>();
  for (const op of found.toReversed()) {
    const isRounded = [...op.result.users].every((user) => user.definition === quantize || kept.has(user));
    if (isRounded && !func.isReturned(op.result)) kept.add(op);
  }
  return [...kept];
}

function behindDequantize(func: Func): Op[] {
  const returned = new Set(func.outputs.map(({ value }) => value));
  const isLast = (v: Value) => returned.has(v) && v.users.size === 0;
  const leading = new Set<Op>();
  for (const op of func.ops.toReversed()) {
    if (!passesOn(op) && scaledValue(op) === undefined) continue;
    const { users } = op.result;
    if (isLast(op.result) || (users.size > 0 && [...users].every((user) => leading.has(user)))) leading.add(op);
  }
  const kept = new Set<Op>();
  for (const op of func.ops) {
    const from = leading.has(op) ? scaledValue(op)?.producer : undefined;
    if (from !== undefined && (from.definition === dequantize || kept.has(from))) kept.add(op);
  }
  return [...kept];
}

/**
 * The float that an operator shifts or multiplies by constants of its channels; undefined for others. What does the same to
 * all channels is the model's own arithmetic: the scale of the quantization would do it.
 */
function scaledValue(op: Op): Value | undefined {
  if (!scaling.includes(op.definition) || !isFloat(op.result)) return undefined;
  const [x, numbers] = op.operands;
  const isConstant = constantOf(numbers) !== undefined && constantOf(x) === undefined;
  return isConstant && numbers !== undefined && elementCount(numbers.type.shape) > 1 ? x : undefined;
}
