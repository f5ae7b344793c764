// The one way passes change operators: walk a function in order, let a callback emit replacements, drop what was
// replaced.
import { Builder } from '../ir/builder.ts';
import type { Func, Op, Value } from '../ir/module.ts';

/** Emits what replaces the operator and returns one value per result; undefined keeps the operator. */
export type Replace = (op: Op, builder: Builder) => readonly Value[] | undefined;

/** Rebuilds the function's operators. Replacements take over names and uses. True when anything changed. */
export function rewrite(func: Func, replace: Replace): boolean {
  const before = func.ops;
  const after: Op[] = [];
  const builder = new Builder(func, after);
  let changed = false;
  for (const op of before) {
    builder.location = op.location;
    const first = after.length;
    const values = replace(op, builder);
    if (values === undefined) {
      after.push(op);
      continue;
    }
    changed = true;
    const emitted = new Set(after.slice(first));
    for (const [i, old] of op.results.entries()) {
      const value = values[i]!;
      func.replaceAllUses(old, value);
      if (value.producer !== undefined && emitted.has(value.producer)) [value.name, old.name] = [old.name, value.name];
    }
    op.detach();
  }
  func.ops = after;
  return changed;
}

/** Removes every operator for which `isDead` holds; none of its results may be used. */
export function removeOps(func: Func, isDead: (op: Op) => boolean): boolean {
  const kept: Op[] = [];
  // Backwards, so that the operands of a dead operator die with it.
  for (const op of func.ops.toReversed()) {
    if (isDead(op)) op.detach();
    else kept.push(op);
  }
  const changed = kept.length < func.ops.length;
  func.ops = kept.reverse();
  return changed;
}
