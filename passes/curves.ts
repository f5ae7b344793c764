// Functions of one number: elementwise operators that compute all they do from one tensor and scalars, as
// x * sigmoid(x) and x * clamp(x + 3, 0, 6) / 6 are written in models. Factors may differ between channels: the function is
// then one for each of them.
import type { Func, Op, Value } from '../ir/module.ts';
import { constantOf } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { mul } from '../ir/ops/mul.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { isElementwise } from '../ir/transposition.ts';
import { elementCount, sameShape } from '../ir/types.ts';

/** A value as a function of another of its shape. */
export interface Curve {
  readonly source: Value;
  /** The operators between, in the function's order. */
  readonly ops: readonly Op[];
  /** Functions: one, or one for each index of the last dimension. */
  readonly channels: number;
}

/** Tables for more channels would be as large as the weights beside them. */
export const mostChannels = 64;

/** What each value is a function of: itself, where it is one of nothing or of several tensors. */
export function curveSources(func: Func): ReadonlyMap<Value, Value> {
  const sources = new Map<Value, Value>();
  for (const op of func.ops) {
    const source = sourceOf(op, sources);
    if (source !== undefined) sources.set(op.result, source);
  }
  return sources;
}

function sourceOf(op: Op, sources: ReadonlyMap<Value, Value>): Value | undefined {
  if (!isElementwise(op) || op.results.length !== 1 || isConversion(op)) return undefined;
  let source: Value | undefined;
  for (const v of op.operands) {
    if (v === undefined || isParameter(op, v)) continue;
    const from = sources.get(v) ?? v;
    if (source !== undefined && from !== source) return undefined;
    if (!sameShape(v.type.shape, op.result.type.shape)) return undefined;
    source = from;
  }
  return source?.type.element === 'f32' ? source : undefined;
}

const isConversion = ({ definition }: Op) => definition === quantize || definition === dequantize;

/** A constant of one element. */
export const isScalar = (v: Value): boolean => constantOf(v) !== undefined && elementCount(v.type.shape) === 1;

/** A constant of one element for each index of the result's last dimension that a product takes. */
function isChannelFactor(op: Op, v: Value): boolean {
  const channels = op.results[0]?.type.shape.at(-1) ?? 0;
  const isOnePerChannel = elementCount(v.type.shape) === channels && v.type.shape.at(-1) === channels;
  return op.definition === mul && channels <= mostChannels && isOnePerChannel && constantOf(v) !== undefined;
}

/** What a curve takes beside its argument. */
export const isParameter = (op: Op, v: Value): boolean => isScalar(v) || isChannelFactor(op, v);

/** The curve that ends in a value; undefined where that is none. */
export function curveTo(value: Value, sources: ReadonlyMap<Value, Value>): Curve | undefined {
  const source = sources.get(value);
  if (source === undefined) return undefined;
  const ops: Op[] = [];
  let channels = 1;
  const visit = (v: Value | undefined) => {
    const op = v?.producer;
    if (v === source || op === undefined || ops.includes(op)) return;
    for (const operand of op.operands) {
      if (operand === undefined) continue;
      if (isParameter(op, operand)) channels = Math.max(channels, elementCount(operand.type.shape));
      else visit(operand);
    }
    ops.push(op);
  };
  visit(value);
  // Products alone are cheaper than tables of them.
  return channels > 1 && ops.every((op) => op.definition === mul) ? undefined : { source, ops, channels };
}

/**
 * The longest curves of at least so many operators of which `isPart` holds, by their operators; and those of one operator
 * that is best a table with its scalars as they are.
 */
export function longestCurves(func: Func, isPart: (op: Op) => boolean, least = 2): ReadonlyMap<Op, Curve> {
  const sources = curveSources(func);
  const curves = new Map<Op, Curve>();
  for (const op of func.ops.toReversed()) {
    const [end] = op.results;
    const curve = curves.has(op) || end?.type.element !== 'f32' ? undefined : curveTo(end, sources);
    if (curve === undefined || !curve.ops.every(isPart)) continue;
    if (curve.ops.length < least && !curve.ops.every((part) => part.definition.byTable === true)) continue;
    for (const part of curve.ops) if (!curves.has(part)) curves.set(part, curve);
  }
  return curves;
}
