// logistic and tanh from 16-bit integers to 16-bit integers, as TensorFlow Lite defines them for int16 tensors and for
// the gates of its quantized LSTM: linear interpolation in one table of the logistic function (kernels/internal/common.h,
// sigmoid_table_uint16; reference/integer_ops/logistic.h and tanh.h).
import type { FixedArithmetic } from './arithmetic.ts';

/**
 * logistic(i / 24) * 2^16 for i in 0..255. Between two entries the chord lies below the curve; every entry is raised by
 * half of that error at the middle of its interval, which halves the greatest error. The last entry is 65535. This
 * formula gives every number of TensorFlow Lite's table.
 */
export function sigmoidTable(): Int32Array {
  const logistic = (i: number) => 65536 / (1 + Math.exp(-i / 24));
  return Int32Array.from({ length: 256 }, (_, i) => {
    const chordError = logistic(i + 0.5) - (logistic(i) + logistic(i + 1)) / 2;
    return i === 255 ? 65535 : Math.round(logistic(i) + chordError / 2);
  });
}

/** Reads an entry of {@link sigmoidTable}. */
export type TableLookup<V> = (index: V) => V;

/**
 * How an i16 is brought to the table's scale, where 1.0 is 3 * 2^12: (x * multiplier + 2^(shift - 1)) >> shift, with no
 * rounding term for shift 0. The multiplier is in [0, 32767], or [0, 65535] where shift is 0, so that nothing wraps.
 */
export interface TableScale {
  readonly multiplier: number;
  readonly shift: number;
}

function scaled<V>(m: FixedArithmetic<V>, x: V, { multiplier, shift }: TableScale): V {
  const round = shift > 0 ? 2 ** (shift - 1) : 0;
  return m.shiftRight(m.add(m.mul(x, multiplier), round), shift);
}

/** The table at magnitude / 2^fractionBits by interpolation, with as many fraction bits; `beyond` where it ends. */
function interpolate<V>(
  m: FixedArithmetic<V>,
  table: TableLookup<V>,
  magnitude: V,
  fractionBits: number,
  beyond: number,
): V {
  const whole = m.shiftRight(magnitude, fractionBits);
  // Both entries are read even where the result is `beyond`.
  const index = m.min(whole, 254);
  const from = table(index);
  const step = m.sub(table(m.add(index, 1)), from);
  const fraction = m.and(magnitude, 2 ** fractionBits - 1);
  const inside = m.add(m.shiftLeft(from, fractionBits), m.mul(step, fraction));
  return m.select(m.less(whole, 255), inside, beyond);
}

/** The logistic function with 15 fraction bits, of an i16. */
export function tableLogistic<V>(m: FixedArithmetic<V>, table: TableLookup<V>, x: V, scale: TableScale): V {
  const input = scaled(m, x, scale);
  const negative = m.less(input, 0);
  const magnitude = m.select(negative, m.sub(0, input), input);
  const value = interpolate(m, table, magnitude, 9, 0x7fff * 1024);
  // logistic(-x) = 1 - logistic(x); the rounding term is one less so that ties fall as on the positive side.
  const either = m.select(negative, m.sub(2 ** 25 + 511, value), m.add(value, 512));
  return m.shiftRight(either, 10);
}

/** tanh with 15 fraction bits, of an i16: tanh(x) = 2 * logistic(2x) - 1, so the table is read at twice the place. */
export function tableTanh<V>(m: FixedArithmetic<V>, table: TableLookup<V>, x: V, scale: TableScale): V {
  const input = scaled(m, x, scale);
  const negative = m.less(input, 0);
  const magnitude = m.select(negative, m.sub(0, input), input);
  const value = interpolate(m, table, magnitude, 8, 0xffff * 256);
  const either = m.select(negative, m.sub(2 ** 23 + 127, value), m.add(m.sub(value, 2 ** 23), 128));
  return m.shiftRight(either, 8);
}
