// What a target gives to be measured: a program made ready, with inputs in place, that runs when it is told to.
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import type { Program } from '../program.ts';
import type { RunnerOptions } from '../runner.ts';

/** A program that can be timed. */
export interface Measured {
  /** Milliseconds that so many inferences take, one behind the other. */
  time(inferences: number): Promise<number> | number;
  /** Ends what it holds (a process, memory of a device). */
  close?(): Promise<void>;
}

/** One step of an inference: a call of the loop program, or a dispatch. */
export interface Step {
  readonly kernel: string;
  /** The operators of the user's model that it comes from. */
  readonly location: string;
}

/** A program whose steps can be timed one by one. */
export interface MeasuredSteps {
  readonly steps: readonly Step[];
  /** Milliseconds of each step over one inference. */
  time(): Promise<ArrayLike<number>> | ArrayLike<number>;
  close?(): Promise<void>;
}

/** What is to be measured, and on what inputs: arrays in the order of the program's interface. */
export interface MeasuringJob {
  readonly program: Program;
  readonly inputs: readonly TensorArray[];
  readonly runner: RunnerOptions;
}

/** How a target is measured. */
export interface MeasuringTarget {
  prepare(job: MeasuringJob): Promise<Measured>;
  /**
   * Builds the program so that it can be timed step by step: a build of its own, since clocks between the steps are not
   * free. A string says why that cannot be done.
   */
  prepareSteps(job: MeasuringJob): Promise<MeasuredSteps | string>;
}

/** The calls of a loop program as steps. */
export function stepsOf({ calls }: LoopProgram): Step[] {
  return calls.map(({ kernel, location }) => ({ kernel: kernel.name, location }));
}

/** Times a function: milliseconds of so many calls. */
export function timeCalls(run: () => void): (count: number) => number {
  return (count) => {
    const start = performance.now();
    for (let k = 0; k < count; k++) run();
    return performance.now() - start;
  };
}
