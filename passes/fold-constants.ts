// fold-constants: operators on constants are evaluated now.
//
// before:  %h = constant f16 ... ; %w = dequantize %h
// after:   %w = constant f32 ...
//
// The reference of each operator is its meaning, so the result is what the program would have computed. Results much
// larger than what they come from (a fill, a tile) stay operators: they would only cost flash.
import type { Op, Value } from '../ir/module.ts';
import { constant, constantOf } from '../ir/ops/constant.ts';
import { allocateTensor } from '../ir/tensor-data.ts';
import { byteSize } from '../ir/types.ts';
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

/** A folded result may be this much larger than its operands, in bytes and as a factor. */
const freeBytes = 4096;
const growth = 8;

function pays(op: Op): boolean {
  let from = 0;
  for (const v of op.operands) from += v === undefined ? 0 : byteSize(v.type);
  const to = op.results.reduce((sum, r) => sum + byteSize(r.type), 0);
  return to <= Math.max(freeBytes, growth * from);
}

/**
 * True when only `make-integer` gives the operator a meaning: its reference is that of the integer form. Forms that are
 * executable as they stand are taken for such too, and stay.
 */
function awaitsInteger(op: Op): boolean {
  const isQuantized = (v: Value | undefined) => v?.type.quant !== undefined;
  return op.definition.integer !== undefined && (op.operands.some(isQuantized) || op.results.some(isQuantized));
}

export const foldConstants: Pass = {
  name: 'fold-constants',
  run: (func) =>
    rewrite(func, (op, builder) => {
      const { reference } = op.definition;
      if (op.definition === constant || reference === undefined || op.operands.length === 0) return undefined;
      if (awaitsInteger(op) || op.attributes.kept === true) return undefined;
      const operands = op.operands.map((v) => constantOf(v));
      if (op.operands.some((v, i) => v !== undefined && operands[i] === undefined) || !pays(op)) return undefined;
      const results = op.results.map((r) => allocateTensor(r.type));
      reference({ operands, attributes: op.attributes, results });
      return results.map((value, i) => builder.create(constant, [], { value }, value.type, op.results[i]!.name));
    }),
};
