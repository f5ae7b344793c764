// lstm over sequences and over calls: against an LSTM in doubles, and references against loops.
import { describe, expect, it } from 'vitest';
import { gateScale } from '../../ir/lstm/parameters.ts';
import { constant } from '../../ir/ops/constant.ts';
import { lstm } from '../../ir/ops/lstm.ts';
import { allocateTensor, type TensorData } from '../../ir/tensor-data.ts';
import { perTensor, type TensorType, tensorType } from '../../ir/types.ts';
import { numbers, quantized, Runs, randomNumbers, randomTensor } from './operator-runs.ts';

const random = randomNumbers(26);

interface Case {
  readonly steps: number;
  readonly batches: number;
  readonly units: number;
  readonly timeMajor: boolean;
  readonly clip: number;
}

const cases: readonly Case[] = [
  { steps: 1, batches: 1, units: 5, timeMajor: false, clip: 0 },
  { steps: 1, batches: 3, units: 4, timeMajor: true, clip: 0.5 },
  { steps: 6, batches: 1, units: 7, timeMajor: false, clip: 0 },
  { steps: 4, batches: 2, units: 3, timeMajor: true, clip: 0.25 },
  { steps: 3, batches: 2, units: 1, timeMajor: false, clip: 0 },
];

interface Types {
  readonly gate: TensorType;
  readonly weights: TensorType;
  readonly hidden: TensorType;
  readonly cell: TensorType;
}

function typesOf(c: Case, form: 'f32' | 'i8' | 'i16'): Types {
  const gateShape = c.timeMajor ? [c.steps, c.batches, c.units] : [c.batches, c.steps, c.units];
  const [square, state] = [
    [c.units, c.units],
    [c.batches, c.units],
  ];
  if (form === 'f32') {
    const f32 = (shape: number[]) => tensorType('f32', shape);
    return { gate: f32(gateShape), weights: f32(square), hidden: f32(state), cell: f32(state) };
  }
  const hidden = form === 'i8' ? quantized('i8', state, 1 / 100, -5) : quantized('i16', state, 1 / 30000, 0);
  return {
    gate: tensorType('i16', gateShape, perTensor(gateScale, 0)),
    weights: quantized('i8', square, 0.01),
    hidden,
    cell: quantized('i16', state, 2 ** -13),
  };
}

/** Real numbers behind a tensor. */
function real(t: TensorData): number[] {
  const { scale, zero } = t.type.quant ?? { scale: [1], zero: [0] };
  return numbers(t).map((v) => (v - zero[0]!) * scale[0]!);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** All calls one after the other in doubles; the outputs of each. */
function exact(
  c: Case,
  calls: readonly (readonly TensorData[])[],
  weights: readonly TensorData[],
  zeroState: number,
): number[][] {
  const hidden = new Array<number>(c.batches * c.units).fill(zeroState);
  const cell = new Array<number>(c.batches * c.units).fill(0);
  const w = weights.map(real);
  return calls.map((gates) => {
    const g = gates.map(real);
    const y = new Array<number>(c.steps * c.batches * c.units).fill(0);
    for (let t = 0; t < c.steps; t++)
      for (let b = 0; b < c.batches; b++) {
        const row = (c.timeMajor ? t * c.batches + b : b * c.steps + t) * c.units;
        const before = hidden.slice(b * c.units, (b + 1) * c.units);
        for (let s = 0; s < c.units; s++) {
          const sum = (k: number) => before.reduce((acc, h, j) => acc + h * w[k]![s * c.units + j]!, g[k]![row + s]!);
          const kept = sigmoid(sum(1)) * cell[b * c.units + s]! + sigmoid(sum(0)) * Math.tanh(sum(2));
          const next = c.clip > 0 ? Math.min(Math.max(kept, -c.clip), c.clip) : kept;
          cell[b * c.units + s] = next;
          hidden[b * c.units + s] = sigmoid(sum(3)) * Math.tanh(next);
          y[row + s] = hidden[b * c.units + s]!;
        }
      }
    return y;
  });
}

/** The operator over several calls, with its states kept by the function. */
function run(
  c: Case,
  types: Types,
  calls: readonly (readonly TensorData[])[],
  weights: readonly TensorData[],
): number[][] {
  const runs = new Runs();
  const gates = calls[0]!.map((g) => runs.input(g.type));
  const constants = weights.map((value) => runs.builder.create(constant, [], { value }, value.type));
  const states = [types.hidden, types.cell].map((type, i) => runs.func.addState(`state${i}`, allocateTensor(type)));
  const operands = [...gates, ...constants, ...states.map((s) => s.param)];
  const y = { ...types.hidden, shape: types.gate.shape };
  const hints = [y, types.hidden, types.cell];
  const { results } = runs.builder.op(lstm, operands, { time_major: c.timeMajor, cell_clip: c.clip }, { hints });
  runs.output(results[0]!);
  for (const [i, state] of states.entries()) state.next = results[i + 1]!;
  const { scale, zero } = y.quant ?? { scale: [1], zero: [0] };
  const outputs = runs.run(calls.map((gatesOfCall) => gatesOfCall.map((g) => g.data)));
  return outputs.map(([out]) => Array.from(out as ArrayLike<number>, (v) => (v - zero[0]!) * scale[0]!));
}

describe('lstm', () => {
  describe.each(['f32', 'i8', 'i16'] as const)('in %s', (form) => {
    it.each(cases)('$steps steps of $batches x $units, time major: $timeMajor, clip $clip', (c) => {
      const types = typesOf(c, form);
      const weights = [0, 1, 2, 3].map(() => randomTensor(random, types.weights));
      const calls = [0, 1, 2].map(() => [0, 1, 2, 3].map(() => randomTensor(random, types.gate)));
      const zeroState = -(types.hidden.quant?.zero[0] ?? 0) * (types.hidden.quant?.scale[0] ?? 1);
      const expected = exact(c, calls, weights, zeroState);
      const tolerance = { f32: 1e-5, i8: 0.03, i16: 0.002 }[form];
      for (const [i, y] of run(c, types, calls, weights).entries()) {
        for (const [j, v] of y.entries()) expect(Math.abs(v - expected[i]![j]!)).toBeLessThan(tolerance);
      }
    });
  });

  it('keeps a cell scale above 2^-12 in a multiplier and one below in a shift', () => {
    for (const exponent of [-15, -12, -11, -9]) {
      const c: Case = { steps: 2, batches: 1, units: 4, timeMajor: false, clip: 0 };
      const types = { ...typesOf(c, 'i8'), cell: quantized('i16', [1, 4], 2 ** exponent) };
      const weights = [0, 1, 2, 3].map(() => randomTensor(random, types.weights));
      const calls = [[0, 1, 2, 3].map(() => randomTensor(random, types.gate))];
      const expected = exact(c, calls, weights, 0.05);
      for (const [j, v] of run(c, types, calls, weights)[0]!.entries()) {
        expect(Math.abs(v - expected[0]![j]!)).toBeLessThan(0.03);
      }
    }
  });

  it('refuses cell scales that are no powers of two, and other gate scales', () => {
    const c = cases[0]!;
    const types = typesOf(c, 'i8');
    const weights = [0, 1, 2, 3].map(() => randomTensor(random, types.weights));
    const calls = [[0, 1, 2, 3].map(() => randomTensor(random, types.gate))];
    const odd = { ...types, cell: quantized('i16', types.cell.shape, 0.0003) };
    expect(() => run(c, odd, calls, weights)).toThrow(/power of two/);
    const gate = quantized('i16', types.gate.shape, 2 ** -11);
    const coarse = [[0, 1, 2, 3].map(() => randomTensor(random, gate))];
    expect(() => run(c, types, coarse, weights)).toThrow(/scale 2\^-12/);
  });
});
