// The quantized form of quantize(operator(dequantize(...))): the same operator on quantized types, if its own rules take
// them, with constant biases as integers and a clamp behind it fused.
import type { Rounding } from '../ir/attributes.ts';
import { Builder } from '../ir/builder.ts';
import { RuleViolation, rule } from '../ir/define-op.ts';
import { CompileError } from '../ir/diagnostics.ts';
import type { AttributeRecord, Func, Op, Value } from '../ir/module.ts';
import { clamp } from '../ir/ops/clamp.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { sameQuantization, sameType, type TensorType } from '../ir/types.ts';
import { quantizedBias } from './quantized-bias.ts';

export const isFloat = (v: Value | undefined): v is Value => v?.type.element === 'f32';

/** The quantized tensor behind a float one; undefined for floats that come from elsewhere, or are to be floats. */
export function dequantized(v: Value | undefined): Value | undefined {
  if (v?.producer?.definition !== dequantize || v.producer.attributes.kept === true) return undefined;
  const x = v.producer.operand(0);
  return x.type.quant === undefined ? undefined : x;
}

/** The type of the integers behind all float operands, if they have one element type and one quantization. */
export function dequantizedType(op: Op): TensorType | undefined {
  const sources = op.operands.filter(isFloat).map(dequantized);
  const type = sources[0]?.type;
  const alike = (v: Value | undefined) =>
    v?.type.element === type?.element && sameQuantization(v?.type.quant, type?.quant);
  return type !== undefined && sources.every(alike) ? type : undefined;
}

/** True where nothing but `user` reads the operator's one result. */
export function isOnlyFor(func: Func, op: Op, user: Op): boolean {
  const [result] = op.results;
  if (result === undefined || op.results.length !== 1) return false;
  return result.users.size === 1 && result.users.has(user) && !func.isReturned(result);
}

/** A way to build the quantized form, or why there is none: a clause about the float operator. */
export type QuantizedForm =
  | { readonly build: (builder: Builder) => Value; readonly reason?: undefined }
  | { readonly reason: string; readonly operator: Op };

/** The quantized form of what `op`, a quantize, ends; undefined where that does not begin with dequantize. */
export function quantizedForm(func: Func, op: Op, rounding: Rounding): QuantizedForm | undefined {
  const { type } = op.result;
  const direct = dequantized(op.operand(0));
  if (direct !== undefined) {
    if (sameType(direct.type, type)) return { build: () => direct };
    const build = (b: Builder) => b.create(quantize, [direct], op.attributes, type);
    return tried(func, op, rounding, build);
  }
  const last = op.operand(0).producer;
  if (last === undefined) return undefined;
  const { source, attributes } = withClamp(func, last);
  if (!source.operands.some((v) => dequantized(v) !== undefined)) return undefined;
  if (!isOnlyFor(func, last, op)) return { operator: source, reason: 'has a float result that is not only quantized' };
  return tried(func, source, rounding, (b) => {
    const operands = quantizedOperands(source, b);
    const stored = source.definition.quantizedAttributes?.({ attributes, type }) ?? attributes;
    return b.create(source.definition, operands, stored, type);
  });
}

/** The operator itself; or, where it is a clamp that may go into the operator before it, that one with the clamp. */
function withClamp(func: Func, last: Op): { source: Op; attributes: AttributeRecord } {
  const itself = { source: last, attributes: last.attributes };
  const source = last.definition === clamp ? last.operand(0).producer : undefined;
  if (source === undefined || !isOnlyFor(func, source, last)) return itself;
  if (!Object.hasOwn(source.definition.attributes, 'clamp')) return itself;
  const [low, high] = source.attributes.clamp as readonly [number, number];
  const [min, max] = [last.attributes.min as number, last.attributes.max as number];
  if (Math.max(low, min) > Math.min(high, max)) return itself;
  return { source, attributes: { ...source.attributes, clamp: [Math.max(low, min), Math.min(high, max)] } };
}

/** The operands in integers. Throws RuleViolation where one is a float that no dequantize gives. */
function quantizedOperands(op: Op, builder: Builder): (Value | undefined)[] {
  const { linear, operands: specs } = op.definition;
  const plain = op.operands.map((v) => (isFloat(v) ? dequantized(v) : v));
  return op.operands.map((v, i) => {
    if (v === undefined || !isFloat(v)) return v;
    const [x, w] = [plain[0], linear && plain[linear.weights]];
    if (linear?.bias === i && x !== undefined && w !== undefined) return quantizedBias(v, x, w, linear, builder);
    const spec = specs[Math.min(i, specs.length - 1)];
    rule(plain[i] !== undefined, () => `has an operand ${spec?.name} that is not dequantized`);
    return plain[i];
  });
}

/** Builds the form once for trial, with the operator's own way to integers; a rule that it breaks becomes the reason. */
function tried(func: Func, operator: Op, rounding: Rounding, build: (builder: Builder) => Value): QuantizedForm {
  const scratch: Op[] = [];
  const builder = new Builder(func, scratch);
  try {
    const op = build(builder).producer;
    op?.definition.integer?.({ op, attributes: op.attributes, builder, rounding, note: () => {} });
    return { build };
  } catch (error) {
    if (error instanceof RuleViolation) return { operator, reason: error.message };
    if (error instanceof CompileError) return { operator, reason: 'has no integer form' };
    throw error;
  } finally {
    for (const op of scratch.reverse()) op.detach();
  }
}
