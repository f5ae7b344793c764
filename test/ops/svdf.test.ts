// svdf over several steps: against a plain filter bank that keeps all features, and references against loops.
import { describe, expect, it } from 'vitest';
import { constant } from '../../ir/ops/constant.ts';
import { svdf } from '../../ir/ops/svdf.ts';
import { allocateTensor, type TensorData, tensorOf } from '../../ir/tensor-data.ts';
import { perTensor, type TensorType, tensorType } from '../../ir/types.ts';
import { numbers, quantized, Runs, randomNumbers, randomTensor } from './operator-runs.ts';

const random = randomNumbers(25);

interface Case {
  readonly batches: number;
  readonly units: number;
  readonly rank: number;
  readonly memory: number;
}

const cases: readonly Case[] = [
  { batches: 1, units: 4, rank: 1, memory: 8 },
  { batches: 2, units: 3, rank: 2, memory: 4 },
  { batches: 3, units: 1, rank: 3, memory: 1 },
];

/** Runs the operator for some steps from an empty memory; the state is the function's own. */
function run(
  c: Case,
  feature: TensorType,
  time: TensorData,
  bias: TensorData | undefined,
  y: TensorType,
  steps: TensorData[],
) {
  const runs = new Runs();
  const filters = c.units * c.rank;
  const initial = allocateTensor({ ...feature, shape: [c.batches, filters * c.memory] });
  initial.data.fill((feature.quant?.zero[0] ?? 0) as never);
  const state = runs.func.addState('memory', initial);
  const constantOf = (value: TensorData) => runs.builder.create(constant, [], { value }, value.type);
  const operands = [runs.input(feature), constantOf(time), bias && constantOf(bias), state.param];
  const op = runs.builder.op(svdf, operands, { rank: c.rank }, { hints: [y, state.param.type] });
  runs.output(op.results[0]!);
  state.next = op.results[1]!;
  return runs.run(steps.map((s) => [s.data])).map((outputs) => Array.from(outputs[0] as ArrayLike<number>));
}

/** bias[u] + sum over filters and ages of (feature - zero) * time, from the features of every step. */
function filterBank(
  c: Case,
  time: TensorData,
  bias: TensorData | undefined,
  zero: number,
  steps: TensorData[],
  now: number,
) {
  const filters = c.units * c.rank;
  const weights = numbers(time);
  return Array.from({ length: c.batches * c.units }, (_, i) => {
    const [batch, unit] = [Math.floor(i / c.units), i % c.units];
    let sum = bias === undefined ? 0 : numbers(bias)[unit]!;
    for (let f = unit * c.rank; f < (unit + 1) * c.rank; f++) {
      for (let age = 0; age < Math.min(c.memory, now + 1); age++) {
        const seen = numbers(steps[now - age])[batch * filters + f]! - zero;
        sum += seen * weights[f * c.memory + c.memory - 1 - age]!;
      }
    }
    return sum;
  });
}

describe('svdf', () => {
  it.each(cases)('filters f32 features: $batches x $units units of rank $rank, memory $memory', (c) => {
    const filters = c.units * c.rank;
    const feature = tensorType('f32', [c.batches, filters]);
    const time = randomTensor(random, tensorType('f32', [filters, c.memory]));
    const bias = randomTensor(random, tensorType('f32', [c.units]));
    const steps = Array.from({ length: c.memory + 2 }, () => randomTensor(random, feature));
    const y = run(c, feature, time, bias, tensorType('f32', []), steps);
    for (const [s, row] of y.entries()) {
      const exact = filterBank(c, time, bias, 0, steps, s);
      for (const [i, v] of row.entries()) expect(v).toBeCloseTo(exact[i]!, 3);
    }
  });

  it.each(cases)('filters integer features: $batches x $units units of rank $rank, memory $memory', (c) => {
    const filters = c.units * c.rank;
    for (const [element, zero] of [
      ['i16', 0],
      ['i8', -7],
    ] as const) {
      const feature = tensorType(element, [c.batches, filters], perTensor(0.01, zero));
      const time = randomTensor(random, quantized('i8', [filters, c.memory], 0.02));
      const biasType = tensorType('i32', [c.units]);
      const bias =
        c.rank === 2
          ? undefined
          : tensorOf(
              biasType,
              Array.from({ length: c.units }, (_, i) => 900 * i - 700),
            );
      const scale = element === 'i16' ? 8 : 0.05;
      const steps = Array.from({ length: c.memory + 2 }, () => randomTensor(random, feature));
      const y = run(c, feature, time, bias, quantized('i8', [], scale, 3), steps);
      const factor = (Math.fround(0.01) * Math.fround(0.02)) / Math.fround(scale);
      for (const [s, row] of y.entries()) {
        const exact = filterBank(c, time, bias, zero, steps, s);
        for (const [i, v] of row.entries()) {
          const expected = Math.min(Math.max(exact[i]! * factor + 3, -128), 127);
          expect(Math.abs(v - expected)).toBeLessThan(0.51);
        }
      }
    }
  });

  it('refuses a state of another size or type', () => {
    const c: Case = { batches: 1, units: 2, rank: 1, memory: 3 };
    const time = randomTensor(random, tensorType('f32', [2, 4]));
    const feature = tensorType('f32', [1, 2]);
    expect(() => run(c, feature, time, undefined, tensorType('f32', []), [])).toThrow(/state of 8 values/);
    const other = tensorType('f32', [2, 3]);
    const integers = quantized('i8', [1, 2]);
    const weights = randomTensor(random, other);
    expect(() => run(c, integers, weights, undefined, quantized('i8', []), [])).toThrow(/integer weights/);
  });
});
