// sink-transposes: transpositions move behind the operators that they precede, until they meet one that undoes them.
//
// before:  %t = transpose %x {perm = [0, 3, 1, 2]} ; %c = clamp %t ; %y = transpose %c {perm = [0, 2, 3, 1]}
// after:   %y = clamp %x
//
// Importers of formats whose images are channels first write a transposition on both sides of every operator on images;
// what lies between goes element by element, joins or takes apart, and says itself how it does that in another order of
// dimensions (the hook `transposed`). Constants and tensors of one long dimension go along at no cost. Operators are
// simplified on the way, which is where transpositions that meet become one or none. Results keep their bytes.
import type { Builder } from '../ir/builder.ts';
import type { Func, Op, Value } from '../ir/module.ts';
import { Movement } from '../ir/movement.ts';
import { constant } from '../ir/ops/constant.ts';
import { keepsOrder, transpose } from '../ir/ops/transpose.ts';
import { inverted, type Permutation, type TransposedForm, transposedType } from '../ir/transposition.ts';
import { byteSize, elementCount, sameShape } from '../ir/types.ts';
import { eliminateDeadCode } from './eliminate-dead-code.ts';
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

/** A round moves transpositions through whole chains; further ones are for those that it changed. */
const maxRounds = 16;

const permutationOf = (op: Op): Permutation => op.attributes.perm as readonly number[];

/** The permutation that a value is the result of; undefined where it is no transposition's. */
function permutationAt(value: Value | undefined): Permutation | undefined {
  return value?.producer?.definition === transpose ? permutationOf(value.producer) : undefined;
}

/** `second` applied to the result of `first`. */
const composed = (first: Permutation, second: Permutation): Permutation => second.map((d) => first[d]!);

/** A value as the transposition of another, both with leading extents of 1 up to a rank. */
interface Origin {
  readonly source: Value;
  readonly shape: readonly number[];
  readonly perm: Permutation;
}

/** What an operand is the transposition of (the identical one of itself, where it is none), in the rank of the form. */
function originOf(value: Value, rank: number): Origin {
  const own = permutationAt(value) ?? value.type.shape.map((_, d) => d);
  const source = permutationAt(value) === undefined ? value : (value.producer?.operand(0) ?? value);
  const missing = Math.max(0, rank - own.length);
  const leading = Array.from({ length: missing }, (_, d) => d);
  return {
    source,
    shape: [...leading.map(() => 1), ...source.type.shape],
    perm: [...leading, ...own.map((d) => d + missing)],
  };
}

/** Bytes that must move to have an operand in the order of the form. */
function costOf(value: Value, form: TransposedForm): number {
  if (value.producer?.definition === constant) return 0;
  const back = inverted(form.perm);
  const { shape, perm } = originOf(value, form.perm.length);
  if (keepsOrder(shape, composed(perm, back))) return 0;
  // Another user wants it in that order anyway.
  for (const user of value.users) if (user.definition === transpose && sameShape(permutationOf(user), back)) return 0;
  return byteSize(value.type);
}

/**
 * Operators all of whose results end in transpositions, themselves or behind operators that let transpositions through:
 * those that follow them will most likely cancel there.
 */
function transposedBehind(func: Func): ReadonlySet<Op> {
  const found = new Set<Op>();
  const ends = (op: Op) =>
    op.definition.transposed !== undefined &&
    op.results.every((y) => y.users.size > 0 && !func.isReturned(y) && [...y.users].every((user) => found.has(user)));
  for (const op of func.ops.toReversed()) if (op.definition === transpose || ends(op)) found.add(op);
  return found;
}

/** True where no more bytes are transposed behind the operator than ahead of it: not behind a last dequantize. */
function pays(op: Op, form: TransposedForm, cancels: boolean): boolean {
  let [ahead, behind] = [0, 0];
  for (const [i, value] of op.operands.entries()) {
    if (value === undefined || form.kept?.includes(i)) continue;
    if (permutationAt(value) !== undefined) ahead += byteSize(value.type);
    behind += costOf(value, form);
  }
  const { type } = op.result;
  const { shape } = transposedType(type, inverted(form.result));
  if (!cancels && !keepsOrder(shape, form.result)) behind += byteSize(type);
  return behind <= ahead;
}

/** The operand in the order of the form. */
function moved(value: Value, form: TransposedForm, builder: Builder): Value {
  // A single number broadcasts in any order.
  if (value.type.shape.length < form.perm.length && elementCount(value.type.shape) === 1) return value;
  const movement = new Movement(builder);
  const { source, shape, perm } = originOf(value, form.perm.length);
  return movement.transpose(movement.reshape(source, shape), composed(perm, inverted(form.perm)));
}

/** The operator ahead of the transpositions of its operands; undefined where that is impossible or costs more. */
function sunk(op: Op, builder: Builder, cancels: boolean): readonly Value[] | undefined {
  const { definition } = op;
  if (definition.transposed === undefined || op.results.length !== 1) return undefined;
  for (const value of op.operands) {
    const perm = permutationAt(value);
    const form = perm && definition.transposed(op, perm);
    if (form === undefined || !pays(op, form, cancels)) continue;
    const operands = op.operands.map((v, i) =>
      v === undefined || form.kept?.includes(i) ? v : moved(v, form, builder),
    );
    const type = transposedType(op.result.type, inverted(form.result));
    const y = builder.create(definition, operands, form.attributes, type, op.result.name);
    return [new Movement(builder).transpose(y, form.result)];
  }
  return undefined;
}

/** Moves every transposition as far as it goes in one walk. */
function round(func: Func): boolean {
  const seen = new Set<Op>();
  const cancelling = transposedBehind(func);
  return rewrite(func, (op, builder) => {
    const simpler = sunk(op, builder, cancelling.has(op)) ?? op.definition.simplify?.({ op, builder });
    if (simpler !== undefined || op.definition !== transpose) return simpler;
    const perm = permutationOf(op);
    for (const other of op.operand(0).users) {
      if (seen.has(other) && sameShape(permutationOf(other), perm)) return [other.result];
    }
    seen.add(op);
    return undefined;
  });
}

export const sinkTransposes: Pass = {
  name: 'sink-transposes',
  run(func, context) {
    if (!func.ops.some((op) => op.definition === transpose)) return false;
    let changed = false;
    for (let i = 0; i < maxRounds && round(func); i++) changed = true;
    // What the others left without users: fold-batch-norm and its like look for values that are used once.
    return eliminateDeadCode.run(func, context) || changed;
  },
};
