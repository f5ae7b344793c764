// insert-quantization: a float function with a quantize and a dequantize around every operator that is to compute on
// integers. What becomes of them is fuse-quantization's work, as for any QDQ network.
//
// before:  %y = conv2d %x, %w, %b : tensor<1x4x4x8xf32>
// after:   %p = quantize %x ; %q = dequantize %p ; %v = dequantize %k     (%k: the weights as i8 constants)
//          %y = conv2d %q, %v, %b ; %r = quantize %y ; %s = dequantize %r
//
// Values between operators of different precision are converted where they are used.
import { Builder } from '../../ir/builder.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { constant, constantOf } from '../../ir/ops/constant.ts';
import { dequantize } from '../../ir/ops/dequantize.ts';
import { quantize } from '../../ir/ops/quantize.ts';
import type { TensorData } from '../../ir/tensor-data.ts';
import { type Quantization, tensorType } from '../../ir/types.ts';
import { isFloat } from '../quantized-form.ts';
import { moves, type TensorGroup, takesOneQuantization, tensorGroups } from './tensor-groups.ts';

/** What an operator computes on: `i16` activations go with `i8` weights. */
export type Precision = 'i8' | 'i16' | 'f32';

/** How a network is to be quantized. */
export interface QuantizationPlan {
  /** What an operator takes its operand as. Asked of operators that compute on f32 and do not only move elements. */
  operandPrecision(op: Op, operand: number): Precision;
  /** True for operators that become part of a table with others, whatever they do: they are asked as those that compute. */
  isTabulated?(op: Op): boolean;
  /** What such an operator's results are rounded to. */
  resultPrecision(op: Op): Precision;
  /** The quantization of a group's tensors. */
  activations(group: TensorGroup, element: 'i8' | 'i16'): Quantization;
  /** The quantized form of a constant operand; undefined leaves it f32 (biases, which follow from what they are added to). */
  constants(op: Op, operand: number, group: TensorGroup, element: 'i8' | 'i16'): TensorData | undefined;
  /** Where a quotient halfway between two integers goes. */
  readonly ties: 'even' | 'away';
  /** The tensor as it is after being quantized and dequantized, where that is not to be said by these two operators. */
  rounded?(builder: Builder, value: Value, group: TensorGroup, element: 'i8' | 'i16'): Value | undefined;
}

/** Rewrites the function in place. Values keep their names. */
export function insertQuantization(func: Func, plan: QuantizationPlan): void {
  const groups = tensorGroups(func, plan.ties);
  const before = func.ops;
  const target: Op[] = [];
  const builder = new Builder(func, target);
  /** What the elements of an f32 value are known to be: integers behind a dequantize, or anything. */
  const stored = new Map<Value, Precision>();
  /** Values in other precisions and quantizations, by both. */
  const converted = new Map<Value, Map<string, Value>>();
  const storedAs = (v: Value): Precision => stored.get(v) ?? 'f32';
  const groupOf = (v: Value): TensorGroup => groups.get(v) ?? { name: v.name, members: [v], inflows: [] };

  /** The group whose quantization the operator's float operands and results all have. */
  const groupFor = (op: Op): TensorGroup | undefined => {
    const first = [...op.results, ...op.operands].find(isFloat);
    return takesOneQuantization(op) && first !== undefined ? groupOf(first) : undefined;
  };
  /** The value's elements through a quantization and back. */
  const rounded = (v: Value, group: TensorGroup, element: 'i8' | 'i16'): Value => {
    const simulated = plan.rounded?.(builder, v, group, element);
    if (simulated !== undefined) {
      stored.set(simulated, element);
      return simulated;
    }
    const type = tensorType(element, v.type.shape, plan.activations(group, element));
    const q = builder.create(quantize, [v], { ties: plan.ties }, type, `${v.name}_q`);
    const d = builder.create(dequantize, [q], {}, undefined, `${v.name}_r`);
    stored.set(d, element);
    return d;
  };
  /** The value as operators of this precision take it, in the quantization of a group, its own where none is given. */
  const converting = (v: Value, precision: Precision, asked?: TensorGroup): Value => {
    const own = groupOf(origins.get(v) ?? v);
    const group = asked ?? own;
    if (precision === 'f32' || (storedAs(v) === precision && group === own)) return v;
    const known = converted.get(v) ?? new Map<string, Value>();
    converted.set(v, known);
    const key = `${precision} ${group.name}`;
    const value = known.get(key) ?? rounded(v, group, precision);
    known.set(key, value);
    return value;
  };
  /** The value for an operator that computes in f32 whatever is around it: fuse-quantization must not take it in. */
  const asFloat = (v: Value): Value => {
    const from = v.producer?.definition === dequantize ? v.producer.operand(0) : undefined;
    if (from === undefined || storedAs(v) === 'f32') return v;
    const known = apart.get(v) ?? builder.create(dequantize, [from], { kept: true });
    apart.set(v, known);
    return known;
  };
  const apart = new Map<Value, Value>();
  /** Values by which others were replaced, to the value of the float network. */
  const origins = new Map<Value, Value>();

  /** Inputs of the function, and what only moves their elements in f32. */
  const given = new Set(func.inputs.map(({ value }) => value));
  const comesFromInputs = (op: Op) =>
    op.operands.every((v) => !isFloat(v) || constantOf(v) !== undefined || given.has(v));
  const wanted = wantedPrecisions(func, plan);
  /** What moves elements goes with the least precision that its operands have; inputs are rounded as all users want them. */
  const precisionOfMove = (op: Op): Precision => {
    const least = leastPrecision(op, storedAs);
    return least === 'f32' && comesFromInputs(op) ? wantedOf(op, wanted) : least;
  };

  for (const op of before) {
    builder.location = op.location;
    const kind = kindOf(op, plan);
    const shared = plan.isTabulated?.(op) === true ? undefined : groupFor(op);
    const least = kind === 'moves' ? precisionOfMove(op) : 'f32';
    const operands = op.operands.map((v, i) => {
      const precision = kind === 'computes' ? plan.operandPrecision(op, i) : least;
      if (!isFloat(v)) return v;
      if (precision === 'f32') return kind === 'computes' ? asFloat(v) : v;
      if (constantOf(v) === undefined) return converting(v, precision, shared);
      const value = plan.constants(op, i, shared ?? groupOf(v), precision);
      if (value === undefined) return v;
      const whole = builder.create(constant, [], { value }, value.type, v.name);
      return builder.create(dequantize, [whole], {}, undefined, `${v.name}_r`);
    });
    for (const [i, v] of op.operands.entries()) {
      const other = operands[i];
      if (v !== undefined && other !== undefined && v !== other) op.replaceOperand(v, other);
    }
    target.push(op);
    if (kind === 'moves') {
      const isGiven = least === 'f32' && comesFromInputs(op);
      for (const result of op.results.filter(isFloat)) {
        stored.set(result, least);
        if (isGiven) given.add(result);
      }
    }
    const precision = kind === 'computes' ? plan.resultPrecision(op) : 'f32';
    if (precision === 'f32') continue;
    for (const result of op.results.filter(isFloat)) {
      const users = [...result.users];
      const value = rounded(result, groupOf(result), precision);
      origins.set(value, result);
      for (const user of users) user.replaceOperand(result, value);
      for (const port of func.outputs) if (port.value === result) port.value = value;
      for (const state of func.states) if (state.next === result) state.next = value;
    }
  }
  func.ops = target;
}

/** Operators that only move f32 elements, those that compute on them, and all others: constants and conversions too. */
function kindOf(op: Op, plan: QuantizationPlan): 'moves' | 'computes' | 'other' {
  if (plan.isTabulated?.(op) === true) return 'computes';
  if (!op.operands.some(isFloat) || !op.results.some(isFloat)) return 'other';
  return moves(op) ? 'moves' : 'computes';
}

/** The least precision that an operator's operands already have: what moves elements goes with it. */
function leastPrecision(op: Op, storedAs: (v: Value) => Precision): Precision {
  const known = op.operands.filter((v): v is Value => isFloat(v) && constantOf(v) === undefined).map(storedAs);
  if (known.includes('i8')) return 'i8';
  return known.includes('i16') ? 'i16' : 'f32';
}

/** The precision that all users of a value take it as; f32 where they differ, or where the value is returned. */
function wantedPrecisions(func: Func, plan: QuantizationPlan): ReadonlyMap<Value, Precision> {
  const wanted = new Map<Value, Precision>();
  const want = (v: Value, precision: Precision) => {
    const known = wanted.get(v);
    wanted.set(v, known === undefined || known === precision ? precision : 'f32');
  };
  for (const port of func.outputs) want(port.value, 'f32');
  for (const state of func.states) if (state.next !== undefined) want(state.next, 'f32');
  for (const op of func.ops.toReversed()) {
    const kind = kindOf(op, plan);
    const moved = kind === 'moves' ? wantedOf(op, wanted) : 'f32';
    for (const [i, v] of op.operands.entries())
      if (isFloat(v)) want(v, kind === 'computes' ? plan.operandPrecision(op, i) : moved);
  }
  return wanted;
}

/** The precision that all users of an operator's float results want. */
function wantedOf(op: Op, wanted: ReadonlyMap<Value, Precision>): Precision {
  const [first = 'f32', ...rest] = op.results.filter(isFloat).map((v) => wanted.get(v) ?? 'f32');
  return rest.every((p) => p === first) ? first : 'f32';
}
