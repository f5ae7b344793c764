// The lstm operator over arrays, step by step.
import { numberArithmetic as fixed } from '../fixed-point/arithmetic.ts';
import { sigmoidTable, tableLogistic, tableTanh } from '../fixed-point/sigmoid-table.ts';
import { numberArithmetic as float } from '../functions/arithmetic.ts';
import { logistic } from '../functions/logistic.ts';
import { tanh } from '../functions/tanh.ts';
import { applyRequantization, greater, lesser, saturate } from '../numerics.ts';
import type { TensorData } from '../tensor-data.ts';
import {
  cellOperand,
  gateCount,
  hiddenOperand,
  type IntegerCell,
  integerCell,
  type LstmAttributes,
  lstmExtents,
} from './parameters.ts';

/** What one unit does in one step. */
interface CellArithmetic {
  multiplyAdd(acc: number, hidden: number, weight: number, gate: number): number;
  /** The sum of a gate's two parts, before its activation. */
  gate(fromInput: number, recurrent: number, gate: number): number;
  next(gates: readonly number[], cell: number): { cell: number; hidden: number };
}

type Four = readonly [number, number, number, number];

const f = Math.fround;

function floatCell({ cell_clip: clip }: LstmAttributes): CellArithmetic {
  return {
    multiplyAdd: (acc, hidden, weight) => f(acc + f(hidden * weight)),
    gate: (fromInput, recurrent) => f(fromInput + recurrent),
    next(gates, before) {
      const [input, forget, candidate, output] = gates as Four;
      const kept = f(logistic(float, forget) * before);
      const added = f(logistic(float, input) * tanh(float, candidate));
      const sum = f(kept + added);
      const cell = clip > 0 ? greater(lesser(sum, f(clip)), f(-clip)) : sum;
      return { cell, hidden: f(tanh(float, cell) * logistic(float, output)) };
    },
  };
}

function fixedCell(a: LstmAttributes, p: IntegerCell): CellArithmetic {
  const table = sigmoidTable();
  const lookup = (i: number) => table[i]!;
  const sigmoid = (x: number) => tableLogistic(fixed, lookup, x, p.gateTable);
  const i16 = (x: number) => saturate(x, -32768, 32767);
  return {
    multiplyAdd: (acc, hidden, weight, gate) => acc + (hidden - a.hidden_zero) * (weight - a.weights_zero[gate]!),
    gate: (fromInput, recurrent, gate) => {
      const acc = a.accumulator === 'i64' ? BigInt(recurrent) : recurrent | 0;
      return i16(fromInput + applyRequantization(acc, p.gates[gate]!, 0));
    },
    next(gates, before) {
      const [input, forget, candidate, output] = gates as Four;
      const kept = applyRequantization(sigmoid(forget) * before, p.forget, 0);
      const proposed = tableTanh(fixed, lookup, candidate, p.gateTable);
      const added = applyRequantization(sigmoid(input) * proposed, p.input, 0);
      const cell = Math.max(Math.min(i16(kept + added), p.limit), -p.limit);
      const activated = tableTanh(fixed, lookup, cell, p.cellTable);
      return { cell, hidden: applyRequantization(activated * sigmoid(output), p.output, 0) };
    },
  };
}

/** Runs all steps of all batches. Operands and results are the operator's. */
export function lstmReference(
  operands: readonly (TensorData | undefined)[],
  a: LstmAttributes,
  results: readonly TensorData[],
): void {
  const data = operands.map((o) => o!.data as Float32Array);
  const { steps, batches, units } = lstmExtents(operands[0]!.type, a.time_major);
  const [y, hidden, cell] = results.map((r) => r.data as Float32Array) as [Float32Array, Float32Array, Float32Array];
  hidden.set(data[hiddenOperand]!);
  cell.set(data[cellOperand]!);
  const parameters = integerCell(a);
  const arithmetic = parameters === undefined ? floatCell(a) : fixedCell(a, parameters);
  for (let b = 0; b < batches; b++) {
    const own = hidden.subarray(b * units, (b + 1) * units);
    for (let t = 0; t < steps; t++) {
      const row = (a.time_major ? t * batches + b : b * steps + t) * units;
      const next = Array.from({ length: units }, (_, s) => {
        const gates = Array.from({ length: gateCount }, (_, g) => {
          const weights = data[gateCount + g]!;
          let acc = 0;
          for (let k = 0; k < units; k++) acc = arithmetic.multiplyAdd(acc, own[k]!, weights[s * units + k]!, g);
          return arithmetic.gate(data[g]![row + s]!, acc, g);
        });
        const after = arithmetic.next(gates, cell[b * units + s]!);
        cell[b * units + s] = after.cell;
        return after.hidden;
      });
      own.set(next);
      y.set(next, row);
    }
  }
}
