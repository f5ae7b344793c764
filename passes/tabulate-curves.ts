// tabulate-curves: a chain of float operators that makes one quantized tensor of another becomes a table, where each
// element depends on one element of 8 bits.
//
// before:  %a = dequantize %x ; %s = logistic %a ; %m = mul %a, %s ; %y = quantize %m
// after:   %y = lookup %x, %table
//
// The table is computed by the operators' own references on all 256 integers, so its results are the program's bytes.
import type { AnyOpDefinition, AttributeRecord } from '../ir/module.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { isTabulated, tabulate } from '../ir/ops/lookup.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { allocateTensor, type Elements, type TensorData } from '../ir/tensor-data.ts';
import { integerRange, type TensorType, tensorType } from '../ir/types.ts';
import { type Curve, curveSources, curveTo } from './curves.ts';
import { eliminateDeadCode } from './eliminate-dead-code.ts';
import { evaluateCurve } from './evaluate-curve.ts';
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
      return [tabulate(builder, x, y, (q) => Number(table.data[q - min]))];
    });
    // What was tabulated must not be reported as float.
    if (changed) eliminateDeadCode.run(func, context);
    return changed;
  },
};

const isByte = (type: TensorType) => isTabulated(type) && type.quant !== undefined && type.quant.axis === undefined;

/** The results for every integer of type x, in order. */
function evaluated(curve: Curve, x: TensorType, y: TensorType, attributes: AttributeRecord): TensorData {
  const { min } = integerRange(x.element);
  const integers = allocateTensor(tensorType(x.element, [256], x.quant));
  const bytes: Elements = integers.data;
  for (let i = 0; i < 256; i++) bytes[i] = min + i;
  const real = new Float32Array(256);
  const type = tensorType('f32', [256]);
  dequantize.reference?.({ operands: [integers], attributes: { kept: false }, results: [{ type, data: real }] });
  const results = { type, data: evaluateCurve(curve, real) };
  const table = allocateTensor(tensorType(y.element, [256], y.quant));
  const definition: AnyOpDefinition = quantize;
  definition.reference?.({ operands: [results], attributes, results: [table] });
  return table;
}
