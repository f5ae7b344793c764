// tabulate-curves: a chain of float operators that makes one quantized tensor of another becomes a table, where each
// element depends on one element of 8 bits.
//
// before:  %a = dequantize %x ; %s = logistic %a ; %m = mul %a, %s ; %y = quantize %m
// after:   %y = lookup %x, %table
//
// The table is computed by the operators' own references on all 256 integers, so its results are the program's bytes.
import { Builder } from '../ir/builder.ts';
import { internalError } from '../ir/diagnostics.ts';
import { type AnyOpDefinition, type AttributeRecord, Func, type Value } from '../ir/module.ts';
import { constantOf } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { isTabulated, tabulate } from '../ir/ops/lookup.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { allocateTensor, type Elements, type TensorArray, type TensorData } from '../ir/tensor-data.ts';
import { integerRange, type TensorType, tensorType } from '../ir/types.ts';
import { type Curve, curveSources, curveTo } from './curves.ts';
import { eliminateDeadCode } from './eliminate-dead-code.ts';
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
function evaluated({ source, ops }: Curve, x: TensorType, y: TensorType, attributes: AttributeRecord): TensorData {
  const builder = new Builder(new Func('curve'), []);
  const known = new Map<Value, TensorData>();
  const given = (type: TensorType, data: TensorArray): Value => {
    const value = builder.func.addInput('', type);
    known.set(value, { type, data });
    return value;
  };
  const run = (
    definition: AnyOpDefinition,
    operands: readonly (Value | undefined)[],
    attrs: AttributeRecord,
    type: TensorType,
  ) => {
    const result = builder.create(definition, operands, attrs, tensorType(type.element, [256], type.quant));
    const data = allocateTensor(result.type);
    definition.reference?.({ operands: operands.map((v) => v && known.get(v)), attributes: attrs, results: [data] });
    known.set(result, data);
    return result;
  };
  const { min } = integerRange(x.element);
  const integers = allocateTensor(tensorType(x.element, [256], x.quant));
  const bytes: Elements = integers.data;
  for (let i = 0; i < 256; i++) bytes[i] = min + i;
  const all = given(integers.type, integers.data);
  const values = new Map<Value, Value>([[source, run(dequantize, [all], {}, source.type)]]);
  for (const op of ops) {
    const operands = op.operands.map((v) => {
      const scalar = constantOf(v);
      return scalar === undefined ? v && values.get(v) : given(tensorType(scalar.type.element, [1]), scalar.data);
    });
    values.set(op.result, run(op.definition, operands, op.attributes, op.result.type));
  }
  const last = values.get(ops.at(-1)?.result ?? source);
  const table = known.get(run(quantize, [last], attributes, y));
  return table ?? internalError('a curve has no result');
}
