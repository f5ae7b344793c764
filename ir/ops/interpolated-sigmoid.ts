// interpolated_sigmoid: logistic and tanh of 16-bit integers, by interpolation in one table.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { loopArithmetic, numberArithmetic } from '../fixed-point/arithmetic.ts';
import { sigmoidTable, type TableScale, tableLogistic, tableTanh } from '../fixed-point/sigmoid-table.ts';
import { scaleAndZero } from '../quantized.ts';
import { elementCount, type TensorType, tensorType } from '../types.ts';

const curves = { logistic: tableLogistic, tanh: tableTanh } as const;
export type Curve = keyof typeof curves;

export const interpolatedSigmoid = defineOp({
  name: 'interpolated_sigmoid',
  doc: 'y = logistic or tanh of x with 15 fraction bits, where (x * multiplier + 2^(shift - 1)) >> shift (no rounding term for shift 0) counts in units of 1 / 12288: linear interpolation in a table of the logistic function. Source: TensorFlow Lite reference/integer_ops/logistic.h and tanh.h, for int16.',
  operands: [{ name: 'x', doc: 'i16.' }],
  attributes: {
    curve: attr.word(['logistic', 'tanh'], { doc: 'The function.' }),
    multiplier: attr.int({ min: 0, max: 65535, doc: 'At most 32767 unless shift is 0.' }),
    shift: attr.int({ min: 0, max: 31, doc: 'Rounding right shift.' }),
  },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    rule(x.element === 'i16', `takes i16, got ${x.element}`);
    rule(attributes.shift === 0 || attributes.multiplier <= 32767, 'has a multiplier above 32767 beside a shift');
    return [tensorType('i16', x.shape, asked?.[0]?.quant)];
  },
  reference({ operands, attributes, results }) {
    const x = operands[0]!.data as Int16Array;
    const y = results[0]!.data as Int16Array;
    const table = sigmoidTable();
    const curve = curves[attributes.curve];
    for (let i = 0; i < y.length; i++) y[i] = curve(numberArithmetic, (k) => table[k]!, x[i]!, attributes);
  },
  lower({ attributes, operand, result, type, constant }) {
    const x = operand(0);
    const table = constant('sigmoid', 'i32', sigmoidTable());
    const curve = curves[attributes.curve];
    return [
      {
        kind: 'map',
        result: result(0),
        shape: [elementCount(type(0).shape)],
        body: (b, _index, flat) => curve(loopArithmetic(b), (k) => b.load(table, k), b.load(x, flat), attributes),
      },
    ];
  },
  inPlace: () => [0],
});

/** log2 of a scale that is a power of two within TensorFlow Lite's tolerance (quantization_util.cc, CheckedLog2). */
function powerOfTwo(scale: number): number | undefined {
  const f = Math.fround;
  const log2 = f(f(Math.log(scale)) * f(1 / f(Math.LN2)));
  const rounded = Math.round(log2);
  return Math.abs(f(log2 - rounded)) < f(1e-3) ? rounded : undefined;
}

/**
 * How x reaches the table's units (TensorFlow Lite Micro logistic_common.cc and tanh.cc): 3 * 2^k where its scale is
 * 2^(k - 12) for k = 0 (tanh: also 1), else a 15-bit multiplier. Undefined where TensorFlow Lite has no such form: zero
 * points, a result scale other than 2^-15, operands on too coarse a scale.
 */
export function tableScale(x: TensorType, y: TensorType, curve: Curve): TableScale | undefined {
  const [from, to] = [scaleAndZero(x, 'input'), scaleAndZero(y, 'result')];
  if (x.element !== 'i16' || from.zero !== 0 || to.zero !== 0 || powerOfTwo(to.scale) !== -15) return undefined;
  const exponent = powerOfTwo(from.scale);
  if (exponent === -12) return { multiplier: 3, shift: 0 };
  if (exponent === -11 && curve === 'tanh') return { multiplier: 6, shift: 0 };
  let multiplier = from.scale * 4096 * 3;
  let shift = 0;
  while (multiplier <= 32767 / 2 && shift <= 30) {
    shift++;
    multiplier *= 2;
  }
  return multiplier <= 32767 ? { multiplier: Math.trunc(multiplier), shift } : undefined;
}
