// What a program spends its time on: the times of its steps, added up for each operator of the user's model.
import type { Step } from './measured.ts';
import { medianOf } from './statistics.ts';

export interface OperatorTime {
  /** The operator as the user's model has it, such as `CONV_2D #3 "block1/conv"`; empty where it is not known. */
  readonly operator: string;
  /** What runs it: kernels, or entry points of shaders, in the order of their first calls. */
  readonly kernels: readonly string[];
  readonly macs: number;
  /** Milliseconds in one inference: the median of the rounds. */
  readonly milliseconds: number;
  /** Part of the time of all operators, 0 to 1. */
  readonly share: number;
  /** Billions of multiply-accumulates per second; absent for operators without any. */
  readonly gmacPerSecond?: number;
}

/** The operators in the order in which they first run. `rounds` has the milliseconds of every step, in each round. */
export function operatorTimes(
  steps: readonly Step[],
  rounds: readonly ArrayLike<number>[],
  macsByLocation: ReadonlyMap<string, number>,
): OperatorTime[] {
  const operators = new Map<string, number[]>();
  for (const [i, { location }] of steps.entries()) {
    const known = operators.get(location);
    if (known === undefined) operators.set(location, [i]);
    else known.push(i);
  }
  const medians = Array.from(operators.values(), (own) =>
    medianOf(rounds.map((round) => own.reduce((sum, i) => sum + (round[i] ?? 0), 0))),
  );
  const total = medians.reduce((sum, x) => sum + x, 0);
  return Array.from(operators, ([operator, own], i) => {
    const milliseconds = medians[i] ?? 0;
    const macs = macsByLocation.get(operator) ?? 0;
    return {
      operator,
      kernels: [...new Set(own.map((at) => steps[at]?.kernel ?? ''))],
      macs,
      milliseconds,
      share: total > 0 ? milliseconds / total : 0,
      ...speedOf(macs, milliseconds),
    };
  });
}

/** Billions of multiply-accumulates per second; nothing where there are none, or where the clock saw no time pass. */
export function speedOf(macs: number, milliseconds: number): { readonly gmacPerSecond?: number } {
  return macs > 0 && milliseconds > 0 ? { gmacPerSecond: macs / milliseconds / 1e6 } : {};
}
