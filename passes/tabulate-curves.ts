// tabulate-curves: a chain of float operators that makes one quantized tensor of another becomes a table, where each
// element depends on one element of 8 bits.
//
// before:  %a = dequantize %x ; %s = logistic %a ; %m = mul %a, %s ; %y = quantize %m
// after:   %y = lookup %x, %table
//
// Comparisons at the end of such a chain, and what is made of their answers, become tables of bools:
//
// before:  %a = dequantize %x ; %y = less %a, %three
// after:   %y = lookup %x, %table
//
// The table is computed by the operators' own references on all 256 integers, so its results are the program's bytes.
import type { AnyOpDefinition, AttributeRecord, Func, Op } from '../ir/module.ts';
import { constant } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { isTabulated, lookup, tabulate } from '../ir/ops/lookup.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { allocateTensor, type Elements, type TensorData } from '../ir/tensor-data.ts';
import { integerRange, type TensorType, tensorType } from '../ir/types.ts';
import { type Curve, curveSources, curveTo } from './curves.ts';
import { eliminateDeadCode } from './eliminate-dead-code.ts';
import { curveElements, evaluateCurve } from './evaluate-curve.ts';
import type { Pass } from './pass.ts';
import { dequantized } from './quantized-form.ts';
import { rewrite } from './rewrite.ts';

/** Longer chains would take longer to evaluate than anybody expects of a compiler. */
const mostOps = 64;

export const tabulateCurves: Pass = {
  name: 'tabulate-curves',
  run(func, context) {
    const sources = curveSources(func);
    const changed = rewrite(func, (op, builder) => {
      const y = op.results[0]?.type;
      if (op.definition !== quantize || y === undefined || !isByte(y)) return undefined;
      const curve = curveTo(op.operand(0), sources);
      if (curve === undefined || curve.ops.length > mostOps) return undefined;
      const x = dequantized(curve.source);
      if (x === undefined || !isByte(x.type)) return undefined;
      const table = evaluated(curve, x.type, y, op.attributes);
      const { min } = integerRange(x.type.element);
      const entry = (q: number, c: number) => Number(table.data[256 * c + q - min]);
      return [tabulate(builder, x, y, entry, curve.channels)];
    });
    // What was tabulated must not be reported as float, nor be a user.
    if (changed) eliminateDeadCode.run(func, context);
    if (!tabulateAnswers(func)) return changed;
    eliminateDeadCode.run(func, context);
    return true;
  },
};

/** Tables of bools where chains of them end. */
function tabulateAnswers(func: Func): boolean {
  const sources = curveSources(func);
  const goesOn = (user: Op) => user.results[0]?.type.element === 'bool' && sources.has(user.results[0]);
  return rewrite(func, (op, builder) => {
    const [y] = op.results;
    if (y?.type.element !== 'bool' || (!func.isReturned(y) && [...y.users].every(goesOn))) return undefined;
    const curve = curveTo(y, sources);
    const x = curve && curve.ops.length <= mostOps ? dequantized(curve.source) : undefined;
    if (curve === undefined || curve.channels > 1 || x === undefined || !isByte(x.type)) return undefined;
    const type = tensorType('bool', [256]);
    const value = { type, data: curveElements(curve, realNumbers(x.type)) };
    return [builder.create(lookup, [x, builder.create(constant, [], { value }, type, 'table')])];
  });
}

const isByte = (type: TensorType) => isTabulated(type) && type.quant !== undefined && type.quant.axis === undefined;

/** The results for every integer of type x, in order, channel by channel. */
function evaluated(curve: Curve, x: TensorType, y: TensorType, attributes: AttributeRecord): TensorData {
  const shape = [256 * curve.channels];
  const results = { type: tensorType('f32', shape), data: evaluateCurve(curve, realNumbers(x)) };
  const table = allocateTensor(tensorType(y.element, shape, y.quant));
  const definition: AnyOpDefinition = quantize;
  definition.reference?.({ operands: [results], attributes, results: [table] });
  return table;
}

/** What every integer of type x stands for, in order. */
function realNumbers(x: TensorType): Float32Array {
  const { min } = integerRange(x.element);
  const integers = allocateTensor(tensorType(x.element, [256], x.quant));
  const bytes: Elements = integers.data;
  for (let i = 0; i < 256; i++) bytes[i] = min + i;
  const data = new Float32Array(256);
  const results = [{ type: tensorType('f32', [256]), data }];
  dequantize.reference?.({ operands: [integers], attributes: { kept: false }, results });
  return data;
}
