// Parts of float ports with ranges of their own. Recurrent networks hand their states around in one tensor, hidden states and
// cells beside each other: in the quantization of the whole, which what moves elements keeps, the cells' range leaves a few
// steps to the hidden states. A clamp without bounds behind a part that is cut from an input, and ahead of what is joined to
// an output, is where another quantization can begin; in f32 it computes nothing and vanishes.
//
// before:  %h = slice %state {...} ; %y = fully_connected %h, %w ; ... ; %next = concat %h2, %c2 ; return %next
// after:   %h = slice %state {...} ; %p = clamp %h ; %y = fully_connected %p, %w
//          ... ; %q = clamp %h2 ; %r = clamp %c2 ; %next = concat %q, %r ; return %next
import { Builder } from '../../ir/builder.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { clamp } from '../../ir/ops/clamp.ts';
import { constantOf } from '../../ir/ops/constant.ts';
import { elementCount } from '../../ir/types.ts';
import { isFloat } from '../quantized-form.ts';
import { moves } from './tensor-groups.ts';

/** Rewrites the function in place; the names of the clamps' results. */
export function splitPorts(func: Func, isSplit: (port: Value) => boolean): ReadonlySet<string> {
  const parts = new Map(partsOfInputs(func, isSplit));
  for (const [v, users] of partsOfOutputs(func, isSplit)) parts.set(v, [...(parts.get(v) ?? []), ...users]);
  const before = func.ops;
  const target: Op[] = [];
  const builder = new Builder(func, target);
  const names = new Set<string>();
  const split = (v: Value): void => {
    const users = parts.get(v);
    if (users === undefined) return;
    const part = builder.create(clamp, [v], {}, v.type, `${v.name}_part`);
    names.add(part.name);
    for (const user of users) user.replaceOperand(v, part);
  };
  for (const op of before) {
    target.push(op);
    for (const v of op.results) split(v);
  }
  func.ops = target;
  return names;
}

/** What is cut from float inputs and states by moving elements, and the operators that compute with it. */
function partsOfInputs(func: Func, isSplit: (port: Value) => boolean): Map<Value, readonly Op[]> {
  const found = new Map<Value, readonly Op[]>();
  /** The port that a value's elements come from. */
  const ports = new Map<Value, Value>();
  for (const v of [...func.inputs.map(({ value }) => value), ...func.states.map(({ param }) => param)])
    if (isFloat(v) && isSplit(v)) ports.set(v, v);
  for (const op of func.ops) {
    const port = moves(op) ? ports.get(op.operands[0] as Value) : undefined;
    if (port === undefined || op.operands.filter(isFloat).length > 1) continue;
    for (const result of op.results) {
      ports.set(result, port);
      const computing = [...result.users].filter((user) => !moves(user));
      const isPart = elementCount(result.type.shape) < elementCount(port.type.shape);
      if (isPart && computing.length > 0) found.set(result, computing);
    }
  }
  return found;
}

/** What is joined to float outputs and states, by the operators that join it. */
function partsOfOutputs(func: Func, isSplit: (port: Value) => boolean): Map<Value, readonly Op[]> {
  const found = new Map<Value, readonly Op[]>();
  const returned = [...func.outputs.map(({ value }) => value), ...func.states.flatMap(({ next }) => next ?? [])];
  /** What goes to outputs alone, by moving elements: whether others are joined to it on the way. */
  const leading = new Map<Value, boolean>();
  for (const v of returned) if (isFloat(v) && isSplit(v) && v.users.size === 0) leading.set(v, false);
  for (const op of func.ops.toReversed()) {
    const [result, ...others] = op.results;
    const behind = result && leading.get(result);
    if (behind === undefined || others.length > 0 || !moves(op)) continue;
    const operands = new Set(op.operands.filter((v): v is Value => isFloat(v) && constantOf(v) === undefined));
    const isJoined = behind || operands.size > 1;
    for (const v of operands) {
      const isMoved = v.producer !== undefined && moves(v.producer) && v.users.size === 1 && !func.isReturned(v);
      if (isMoved) leading.set(v, isJoined);
      else if (isJoined) found.set(v, [...(found.get(v) ?? []), op]);
    }
  }
  return found;
}
