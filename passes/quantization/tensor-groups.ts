// Float tensors that take one quantization: what moves elements gives its operands' quantization to its result, and some
// operators compute on integers of one scale only. Where a tensor whose quantization its operator dictates (probabilities)
// meets others there, it keeps its own and is converted on the way: the others would be cut off at its bounds.
import type { Func, Op, Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { isFloat } from '../quantized-form.ts';

/** True for operators that only move elements: they go with any precision. */
export const moves = (op: Op): boolean => op.definition.moves?.(op) === true;

/** True for operators whose float operands and results have one quantization. */
export const takesOneQuantization = (op: Op): boolean => moves(op) || op.definition.oneQuantization === true;

/** Tensors that share one quantization. */
export interface TensorGroup {
  /** The name of the first tensor in the function's order. */
  readonly name: string;
  /** In the function's order; then constants that are quantized with them, of which one may be in several groups. */
  readonly members: readonly Value[];
  /** Groups of tensors that are converted into this one's quantization. */
  readonly inflows: readonly TensorGroup[];
}

const isConstant = (v: Value): boolean => v.producer?.definition === constant;

/** Bounds that the operator dictates, as a text to compare; undefined where it does not. Those of 16 bits go with them. */
const dictated = (v: Value, ties: 'even' | 'away') => v.producer?.definition.resultRange?.(ties, 'i8')?.join();

/** The group of every f32 value of the function; most have only themselves. `ties`: how values are to be rounded. */
export function tensorGroups(func: Func, ties: 'even' | 'away'): ReadonlyMap<Value, TensorGroup> {
  const parents = new Map<Value, Value>();
  const root = (v: Value): Value => {
    const parent = parents.get(v);
    if (parent === undefined) return v;
    const top = root(parent);
    parents.set(v, top);
    return top;
  };
  /** Bounds of groups that have dictated ones, by root. */
  const bounds = new Map<Value, string>();
  const boundsOf = (v: Value) => bounds.get(root(v));
  const conversions: [from: Value, to: Value][] = [];
  for (const op of func.ops) {
    for (const v of op.results.filter(isFloat)) {
      const own = dictated(v, ties);
      if (own !== undefined) bounds.set(v, own);
    }
    if (!takesOneQuantization(op)) continue;
    const floats = op.operands.filter(isFloat);
    const computed = floats.filter((v) => !isConstant(v));
    const isMixed = computed.some((v) => boundsOf(v) !== boundsOf(computed[0] ?? v));
    const isApart = (v: Value) => isMixed && boundsOf(v) !== undefined;
    const [first, ...rest] = [...op.results.filter(isFloat), ...computed.filter((v) => !isApart(v))];
    if (first === undefined) continue;
    for (const v of rest) {
      const [known, added] = [root(first), root(v)];
      if (known === added) continue;
      const limit = bounds.get(added);
      if (limit !== undefined) bounds.set(known, limit);
      parents.set(added, known);
    }
    for (const v of floats) if (isApart(v) || isConstant(v)) conversions.push([v, first]);
  }
  const members = new Map<Value, Value[]>();
  for (const v of floatValues(func)) {
    const list = members.get(root(v));
    if (list === undefined) members.set(root(v), [v]);
    else list.push(v);
  }
  const groups = new Map<Value, TensorGroup & { readonly members: Value[]; readonly inflows: TensorGroup[] }>();
  for (const list of members.values()) {
    const group = { name: list[0]?.name ?? '', members: list, inflows: [] };
    for (const v of list) groups.set(v, group);
  }
  for (const [from, to] of conversions) {
    const [own, group] = [groups.get(from), groups.get(to)];
    if (own === undefined || group === undefined) continue;
    if (isConstant(from)) group.members.push(from);
    else group.inflows.push(own);
  }
  return groups;
}

/** Parameters, states and results of f32, in order. */
export function floatValues(func: Func): Value[] {
  const params = [...func.inputs.map((p) => p.value), ...func.states.map((s) => s.param)];
  return [...params, ...func.ops.flatMap((op) => op.results)].filter(isFloat);
}

/**
 * The f32 tensors whose values quantization must know, in order: parameters, and results of operators that compute
 * (of those that move elements nothing new is to be learned).
 */
export function observedTensors(func: Func): Value[] {
  return floatValues(func).filter(
    ({ producer }) => producer === undefined || (producer.definition !== constant && !moves(producer)),
  );
}
