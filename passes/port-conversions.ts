// What converts float ports: quantize and dequantize, and between them and the port shifts and factors of channels
// (quantization/scale-ports.ts puts them there). All of it is the price of float ports; between it all is integers.
import type { AnyOpDefinition, Func, Op, Value } from '../ir/module.ts';
import { add, sub } from '../ir/ops/add.ts';
import { constantOf } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { mul } from '../ir/ops/mul.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { isFloat } from './quantized-form.ts';

const scaling: readonly AnyOpDefinition[] = [add, sub, mul];

/** The operators that scale float inputs ahead of nothing but quantize, or dequantized values ahead of outputs. */
export function portConversions(func: Func): ReadonlySet<Op> {
  const inputs = new Set(func.inputs.map(({ value }) => value));
  const ahead = new Set<Op>();
  for (const op of func.ops) {
    const from = scaledValue(op);
    if (from !== undefined && (inputs.has(from) || (from.producer && ahead.has(from.producer)))) ahead.add(op);
  }
  for (const op of func.ops.toReversed()) {
    const isRounded = [...op.result.users].every((user) => user.definition === quantize || ahead.has(user));
    if (ahead.has(op) && (!isRounded || func.isReturned(op.result))) ahead.delete(op);
  }
  const behind = new Set<Op>();
  for (const op of func.ops) {
    const from = scaledValue(op)?.producer;
    if (from !== undefined && (from.definition === dequantize || behind.has(from))) behind.add(op);
  }
  for (const op of func.ops.toReversed()) {
    const isLast = func.outputs.some(({ value }) => value === op.result) || op.result.users.size > 0;
    if (behind.has(op) && !(isLast && [...op.result.users].every((user) => behind.has(user)))) behind.delete(op);
  }
  return new Set([...ahead, ...behind]);
}

/** The float that an operator shifts or multiplies by constants; undefined for other operators. */
function scaledValue(op: Op): Value | undefined {
  if (!scaling.includes(op.definition) || !isFloat(op.result)) return undefined;
  const computed = op.operands.filter((v): v is Value => v !== undefined && constantOf(v) === undefined);
  return computed.length === 1 ? computed[0] : undefined;
}
