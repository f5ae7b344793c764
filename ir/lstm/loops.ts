// The lstm operator as loops. One step is four matrix products and a pass over the units; several steps are a loop over
// time, in which the four products of a unit run together so that each hidden value is loaded once.
import type { LoweringInput } from '../define-op.ts';
import { loopArithmetic as fixedArithmetic } from '../fixed-point/arithmetic.ts';
import { sigmoidTable, tableLogistic, tableTanh } from '../fixed-point/sigmoid-table.ts';
import { loopArithmetic as floatArithmetic } from '../functions/arithmetic.ts';
import { logistic } from '../functions/logistic.ts';
import { tanh } from '../functions/tanh.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import {
  affine,
  type ContractionLowering,
  type Lowering,
  type LoweringBuffers,
  type RequantizationCode,
} from '../loops/lowering.ts';
import type { Buffer } from '../loops/types.ts';
import {
  cellOperand,
  gateCount,
  hiddenOperand,
  type IntegerCell,
  integerCell,
  type LstmAttributes,
  type LstmExtents,
  type lstmAttributes,
  lstmExtents,
} from './parameters.ts';

interface NextCell {
  readonly cell: LoopValue;
  readonly hidden: LoopValue;
}

/** The loop code of one unit in one step. */
interface CellCode {
  readonly accumulator: 'f32' | 'i32' | 'i64';
  /** Products of hidden state and weights, brought to the scale of gates. */
  finish(b: LoopBuilder, acc: LoopValue, gate: number): LoopValue;
  /** `gates` are sums of both parts before the activation. */
  next(b: LoopBuilder, gates: readonly LoopValue[], cell: LoopValue): NextCell;
  add(b: LoopBuilder, fromInput: LoopValue, recurrent: LoopValue): LoopValue;
}

type Four = readonly [LoopValue, LoopValue, LoopValue, LoopValue];

function floatCell({ cell_clip: clip }: LstmAttributes): CellCode {
  return {
    accumulator: 'f32',
    finish: (_b, acc) => acc,
    add: (b, fromInput, recurrent) => b.add(fromInput, recurrent),
    next(b, gates, before) {
      const m = floatArithmetic(b);
      const [input, forget, candidate, output] = gates as Four;
      const kept = b.mul(logistic(m, forget), before);
      const sum = b.add(kept, b.mul(logistic(m, input), tanh(m, candidate)));
      const cell = clip > 0 ? b.max(b.min(sum, b.f32(clip)), b.f32(-clip)) : sum;
      return { cell, hidden: b.mul(tanh(m, cell), logistic(m, output)) };
    },
  };
}

function fixedCell(a: LstmAttributes, p: IntegerCell, buffers: LoweringBuffers): CellCode {
  const table = buffers.constant('sigmoid', 'i32', sigmoidTable());
  const gates = p.gates.map((r) => buffers.requantization(r));
  const [keep, input, output] = [p.forget, p.input, p.output].map((r) => buffers.requantization(r));
  const emit = (code: RequantizationCode | undefined, b: LoopBuilder, acc: LoopValue) =>
    code!.emit(b, acc, b.constant(0));
  return {
    accumulator: a.accumulator,
    finish: (b, acc, gate) => emit(gates[gate], b, acc),
    add: (b, fromInput, recurrent) => b.clamp(b.add(fromInput, recurrent), -32768, 32767),
    next(b, values, before) {
      const m = fixedArithmetic(b);
      const lookup = (i: LoopValue) => b.load(table, i);
      const sigmoid = (x: LoopValue) => tableLogistic(m, lookup, x, p.gateTable);
      const [i, f, g, o] = values as Four;
      const kept = emit(keep, b, b.mul(sigmoid(f), before));
      const added = emit(input, b, b.mul(sigmoid(i), tableTanh(m, lookup, g, p.gateTable)));
      const sum = b.clamp(b.add(kept, added), -32768, 32767);
      const cell = p.limit > 32767 ? sum : b.clamp(sum, -p.limit, p.limit);
      const activated = tableTanh(m, lookup, cell, p.cellTable);
      return { cell, hidden: emit(output, b, b.mul(activated, sigmoid(o))) };
    },
  };
}

interface LstmBuffers {
  readonly gates: readonly Buffer[];
  readonly weights: readonly Buffer[];
  readonly hidden: Buffer;
  readonly cell: Buffer;
  readonly y: Buffer;
  readonly nextHidden: Buffer;
  readonly nextCell: Buffer;
}

/** hidden x weights of one gate, for all batches, into `result`. */
function recurrentProduct(
  gate: number,
  { batches, units }: LstmExtents,
  { hidden, weights }: LstmBuffers,
  result: Buffer,
  a: LstmAttributes,
  code: CellCode,
): ContractionLowering {
  // Axes: 0 batch, 1 unit, 2 unit of the previous step.
  const [batch, unit, previous] = [affine(0, [0, 1]), affine(0, [1, 1]), affine(0, [2, 1])];
  return {
    kind: 'contraction',
    axes: [
      { name: 'batch', extent: batches, role: 'parallel' },
      { name: 'unit', extent: units, role: 'parallel' },
      { name: 'previous', extent: units, role: 'reduce' },
    ],
    input: { buffer: hidden, shape: [batches, units], index: [batch, previous] },
    weights: { buffer: weights[gate]!, shape: [units, units], index: [unit, previous] },
    result: { buffer: result, shape: [batches, units], index: [batch, unit] },
    inputZero: a.hidden_zero,
    weightsZero: a.weights_zero[gate]!,
    accumulator: code.accumulator,
    epilogue: (b, acc) => code.finish(b, acc, gate),
  };
}

/** One step: products through the schedule of contractions, then every unit on its own. */
function oneStep(
  extents: LstmExtents,
  buffers: LstmBuffers,
  a: LstmAttributes,
  code: CellCode,
  scratch: LoweringBuffers['scratch'],
): Lowering[] {
  const count = extents.batches * extents.units;
  const element = code.accumulator === 'f32' ? 'f32' : 'i16';
  const products = Array.from({ length: gateCount }, (_, g) => scratch(`recurrent${g}`, element, count));
  const contractions = products.map((p, g) => recurrentProduct(g, extents, buffers, p, a, code));
  const units: Lowering = {
    kind: 'loops',
    body: (b) =>
      b.for(
        0,
        count,
        (i) => {
          const gates = products.map((p, g) => code.add(b, b.load(buffers.gates[g]!, i), b.load(p, i)));
          const { cell, hidden } = code.next(b, gates, b.load(buffers.cell, i));
          b.store(buffers.nextCell, i, cell);
          b.store(buffers.nextHidden, i, hidden);
          b.store(buffers.y, i, hidden);
        },
        { mode: 'parallel', name: 'unit' },
      ),
  };
  return [...contractions, units];
}

/** The four sums of products of a unit. */
function recurrentSums(
  b: LoopBuilder,
  first: LoopValue,
  unit: LoopValue,
  units: number,
  { nextHidden, weights }: LstmBuffers,
  a: LstmAttributes,
  code: CellCode,
): readonly LoopValue[] {
  const lane = code.accumulator;
  const start = b.constant(lane === 'i64' ? 0n : 0, lane);
  const row = b.mul(unit, units);
  return b.forCarry(
    0,
    units,
    weights.map(() => start),
    (k, sums) => {
      const loaded = b.load(nextHidden, b.add(first, k));
      const value = lane === 'f32' ? loaded : b.sub(loaded, a.hidden_zero);
      return sums.map((sum, g) => {
        const weight = b.load(weights[g]!, b.add(row, k));
        if (lane === 'f32') return b.add(sum, b.mul(value, weight));
        const product = b.mul(value, b.sub(weight, a.weights_zero[g]!));
        return b.add(sum, b.convert(product, lane));
      });
    },
  );
}

/** A loop over time. The next states hold the current ones between steps. */
function sequence(extents: LstmExtents, buffers: LstmBuffers, a: LstmAttributes, code: CellCode): Lowering {
  const { steps, batches, units } = extents;
  const { gates, y, hidden, cell, nextHidden, nextCell } = buffers;
  const step = (b: LoopBuilder, first: LoopValue, row: LoopValue) => {
    b.for(0, units, (s) => {
      const sums = recurrentSums(b, first, s, units, buffers, a, code);
      const values = sums.map((sum, g) => code.add(b, b.load(gates[g]!, b.add(row, s)), code.finish(b, sum, g)));
      const next = code.next(b, values, b.load(nextCell, b.add(first, s)));
      b.store(nextCell, b.add(first, s), next.cell);
      b.store(y, b.add(row, s), next.hidden);
    });
    // Every unit has read the previous hidden state.
    b.for(0, units, (s) => b.store(nextHidden, b.add(first, s), b.load(y, b.add(row, s))));
  };
  return {
    kind: 'loops',
    body: (b) =>
      b.for(
        0,
        batches,
        (batch) => {
          const first = b.mul(batch, units);
          b.for(0, units, (s) => {
            const at = b.add(first, s);
            b.store(nextHidden, at, b.load(hidden, at));
            b.store(nextCell, at, b.load(cell, at));
          });
          b.for(0, steps, (t) => {
            const index = a.time_major ? b.add(b.mul(t, batches), batch) : b.add(b.mul(batch, steps), t);
            step(b, first, b.mul(index, units));
          });
        },
        { mode: 'parallel', name: 'batch' },
      ),
  };
}

export function lowerLstm(input: LoweringInput<typeof lstmAttributes>): readonly Lowering[] {
  const { attributes: a, operand, result, type, scratch } = input;
  const extents = lstmExtents(type(0), a.time_major);
  const four = (from: number) => Array.from({ length: gateCount }, (_, g) => operand(from + g));
  const parameters = integerCell(a);
  const code = parameters === undefined ? floatCell(a) : fixedCell(a, parameters, input);
  const buffers: LstmBuffers = {
    gates: four(0),
    weights: four(gateCount),
    hidden: operand(hiddenOperand),
    cell: operand(cellOperand),
    y: result(0),
    nextHidden: result(1),
    nextCell: result(2),
  };
  return extents.steps === 1 ? oneStep(extents, buffers, a, code, scratch) : [sequence(extents, buffers, a, code)];
}
