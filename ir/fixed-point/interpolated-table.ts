// Functions of i16 as tables of 513 entries with linear interpolation, as TensorFlow Lite defines them
// (kernels/internal/common.h, LUTPopulate and LUTLookup for int16_t).
import { roundHalfAway } from '../numerics.ts';
import type { FixedArithmetic } from './arithmetic.ts';
import type { TableLookup } from './sigmoid-table.ts';

/** The real numbers that the integers of one side stand for: scale * (q - zero), computed in f32. */
export interface TableSide {
  readonly scale: number;
  readonly zero: number;
}

const steps = 512;
const f = Math.fround;
const roundF = (x: number) => f(roundHalfAway(x));

/**
 * Entry i is the result for the input -32768 + 128 * i, lowered by half of the error that the chord to the next entry
 * makes at its middle. Everything is computed in f32, one rounding per operation, as TensorFlow Lite does; `real` is
 * rounded to f32.
 */
export function interpolatedTable(real: (x: number) => number, input: TableSide, output: TableSide): Int16Array {
  const at = (x: number) => f(real(f(x)));
  const inputMin = f(input.scale * f(-32768 - input.zero));
  const inputMax = f(input.scale * f(32767 - input.zero));
  const outputMin = f(output.scale * f(-32768 - output.zero));
  const outputMax = f(output.scale * f(32767 - output.zero));
  const step = f(f(inputMax - inputMin) / steps);
  const halfStep = f(step / 2);
  const perUnit = f(65536 / f(outputMax - outputMin));
  const limited = (x: number) => Math.min(Math.max(x, -32768), 32767);
  const table = new Int16Array(steps + 1);
  for (let i = 0; i < steps; i++) {
    const start = f(inputMin + f(i * step));
    const value = at(start);
    const next = at(f(inputMin + f((i + 1) * step)));
    const sample = roundF(f(value * perUnit));
    const chord = roundF(f(f(f(next * perUnit) + sample) / 2));
    const middle = roundF(f(at(f(start + halfStep)) * perUnit));
    const correction = roundF(f(f(chord - middle) / 2));
    table[i] = limited(f(sample - correction));
  }
  table[steps] = limited(roundF(f(at(inputMax) * perUnit)));
  return table;
}

/** The table at the i16 x. A difference of neighbours keeps 16 bits, as in TensorFlow Lite. */
export function interpolatedLookup<V>(m: FixedArithmetic<V>, table: TableLookup<V>, x: V): V {
  const index = m.add(m.shiftRight(x, 7), 256);
  const from = table(index);
  const slope = m.shiftRight(m.shiftLeft(m.sub(table(m.add(index, 1)), from), 16), 16);
  const rest = m.mul(slope, m.and(x, 127));
  return m.add(from, m.shiftRight(m.add(rest, 64), 7));
}
