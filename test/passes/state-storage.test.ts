// Where next states are computed: right into the state when its current value has no reader left, else copied as soon as
// it may be. Every pattern against the reference interpreter over several runs.
import { describe, expect, it } from 'vitest';
import type { State, Value } from '../../ir/module.ts';
import { concat } from '../../ir/ops/concat.ts';
import { reduceSum } from '../../ir/ops/reduce-sum.ts';
import { reshape } from '../../ir/ops/reshape.ts';
import { slice } from '../../ir/ops/slice.ts';
import { tensorOf } from '../../ir/tensor-data.ts';
import { tensorType } from '../../ir/types.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { scalar } from '../../passes/schedule/isa.ts';
import { Runs } from '../ops/operator-runs.ts';

const type = tensorType('i32', [3]);
const steps = [1, 2, 3, 4].map((n) => [Int32Array.of(n, 10 * n, 100 * n)]);

/** Runs a function of one input and as many states as `initial` has, and returns its calls' kernels. */
function kernelsOf(
  initial: readonly (readonly number[])[],
  build: (runs: Runs, x: Value, states: readonly State[]) => void,
): string[] {
  const runs = new Runs();
  const x = runs.input(type);
  const states = initial.map((values, i) => runs.func.addState(`s${i}`, tensorOf(type, values)));
  build(runs, x, states);
  runs.run(steps);
  return lowerFunction(runs.func, { name: 'test', isa: scalar }).calls.map((c) => c.kernel.name);
}

/** The last three of the state's elements and one of x: a delay line. */
function delayed(runs: Runs, state: Value, x: Value): Value {
  const joined = runs.builder.create(concat, [state, x], { axis: 0 });
  return runs.builder.create(slice, [joined], { start: [1], size: [3] });
}

describe('next states', () => {
  it('are computed into the state when its value has been read', () => {
    const kernels = kernelsOf([[7, 8, 9]], (runs, x, [s]) => {
      const next = delayed(runs, s!.param, x);
      runs.output(runs.builder.create(reduceSum, [next], { axes: [0] }));
      s!.next = runs.builder.create(reshape, [next], { shape: [3] });
    });
    expect(kernels.filter((name) => name.startsWith('copy'))).toEqual([]);
  });

  it('are copied after the last reader of the current value', () => {
    const kernels = kernelsOf([[7, 8, 9]], (runs, x, [s]) => {
      s!.next = delayed(runs, s!.param, x);
      const both = runs.builder.create(concat, [s!.param, s!.next], { axis: 0 });
      runs.output(runs.builder.create(reduceSum, [both], { axes: [0] }));
    });
    const copied = kernels.findIndex((name) => name.startsWith('copy'));
    expect(copied).toBeGreaterThan(kernels.findLastIndex((name) => name.startsWith('concat')));
    expect(copied).toBeLessThan(kernels.findIndex((name) => name.startsWith('reduce')));
  });

  it('wait for the end where the current value is an output', () => {
    kernelsOf([[7, 8, 9]], (runs, x, [s]) => {
      s!.next = delayed(runs, s!.param, x);
      runs.output(s!.param);
    });
  });

  it('may be an output, the input, or a value that two states share', () => {
    kernelsOf([[7, 8, 9]], (runs, x, [s]) => {
      s!.next = delayed(runs, s!.param, x);
      runs.output(s!.next);
    });
    kernelsOf([[7, 8, 9]], (runs, x, [s]) => {
      runs.output(runs.builder.create(concat, [s!.param, x], { axis: 0 }));
      s!.next = x;
    });
    kernelsOf(
      [
        [7, 8, 9],
        [1, 1, 1],
      ],
      (runs, x, [s, t]) => {
        runs.output(runs.builder.create(concat, [s!.param, t!.param], { axis: 0 }));
        s!.next = delayed(runs, t!.param, x);
        t!.next = s!.next;
      },
    );
  });

  it('may be one another’s current values', () => {
    kernelsOf(
      [
        [7, 8, 9],
        [1, 2, 3],
        [4, 5, 6],
      ],
      (runs, x, [s, t, u]) => {
        runs.output(runs.builder.create(concat, [s!.param, t!.param, u!.param], { axis: 0 }));
        s!.next = t!.param;
        t!.next = s!.param;
        u!.next = delayed(runs, u!.param, x);
      },
    );
  });
});
