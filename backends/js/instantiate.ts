// Runs a loop program in this process as generated JavaScript: what tests, calibration and the runner use. Constants
// are handed over as they are instead of being printed, so that large models start at once.
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { printProgram } from './print-program.ts';

/** A program with its memory. */
export interface JsProgram {
  /**
   * One inference. Inputs and outputs in the program's order, of its element types and lengths (a TypeError says which
   * is not); they are used in place, so they must not overlap.
   */
  run(inputs: readonly TensorArray[], outputs: readonly TensorArray[]): void;
  /** Puts every state back to its starting contents. */
  reset(): void;
}

/** Compiles a program to JavaScript and gives it memory. `afterCall` is told the position of each call that ended. */
export function instantiateJs(program: LoopProgram, afterCall?: (call: number) => void): JsProgram {
  const { text, constants } = printProgram(program, { afterCall: afterCall !== undefined });
  const define = new Function('constants', 'afterCall', `'use strict';\n${text}\nreturn create;`);
  const create = define(constants, afterCall) as () => JsProgram;
  return create();
}
