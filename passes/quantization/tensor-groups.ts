// Float tensors that take one quantization: what moves elements gives its operands' quantization to its result, and some
// operators compute on integers of one scale only.
import type { Func, Op, Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { isFloat } from '../quantized-form.ts';

/** True for operators that only move elements: they go with any precision. */
export const moves = (op: Op): boolean => op.definition.moves?.(op) === true;

/** Tensors that share one quantization. */
export interface TensorGroup {
  /** The name of the first tensor in the function's order. */
  readonly name: string;
  /** In the function's order; constants among them. */
  readonly members: readonly Value[];
}

/** The group of every f32 value of the function; most have only themselves. */
export function tensorGroups(func: Func): ReadonlyMap<Value, TensorGroup> {
  const parents = new Map<Value, Value>();
  const root = (v: Value): Value => {
    const parent = parents.get(v);
    if (parent === undefined) return v;
    const top = root(parent);
    parents.set(v, top);
    return top;
  };
  for (const op of func.ops) {
    if (!moves(op) && op.definition.oneQuantization !== true) continue;
    const [first, ...rest] = [...op.operands, ...op.results].filter(isFloat);
    for (const v of rest) if (first !== undefined && root(v) !== root(first)) parents.set(root(v), root(first));
  }
  const members = new Map<Value, Value[]>();
  for (const v of floatValues(func)) {
    const list = members.get(root(v));
    if (list === undefined) members.set(root(v), [v]);
    else list.push(v);
  }
  const groups = new Map<Value, TensorGroup>();
  for (const list of members.values()) {
    const group = { name: (list.find((v) => v.producer?.definition !== constant) ?? list[0]!).name, members: list };
    for (const v of list) groups.set(v, group);
  }
  return groups;
}

/** Parameters, states and results of f32, in order. */
function floatValues(func: Func): Value[] {
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
