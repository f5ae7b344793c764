// Functions of one number: elementwise operators that compute all they do from one tensor and scalars, as
// x * sigmoid(x) and x * clamp(x + 3, 0, 6) / 6 are written in models.
import type { Func, Op, Value } from '../ir/module.ts';
import { constantOf } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { isElementwise } from '../ir/transposition.ts';
import { elementCount, sameShape } from '../ir/types.ts';

/** A value as a function of another of its shape. */
export interface Curve {
  readonly source: Value;
  /** The operators between, in the function's order. */
  readonly ops: readonly Op[];
}

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
    if (v === undefined || isScalar(v)) continue;
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

/** The curve that ends in a value; undefined where that is none. */
export function curveTo(value: Value, sources: ReadonlyMap<Value, Value>): Curve | undefined {
  const source = sources.get(value);
  if (source === undefined) return undefined;
  const ops: Op[] = [];
  const visit = (v: Value | undefined) => {
    if (v === undefined || v === source || isScalar(v)) return;
    const op = v.producer;
    if (op === undefined || ops.includes(op)) return;
    for (const operand of op.operands) visit(operand);
    ops.push(op);
  };
  visit(value);
  return { source, ops };
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
