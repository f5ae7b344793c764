// What a pass is.
import type { Diagnostic } from '../ir/diagnostics.ts';
import type { Func, Module } from '../ir/module.ts';

export interface PassContext {
  readonly module: Module;
  /** Findings for the user. */
  report(diagnostic: Diagnostic): void;
}

/** A named rewriting of one function. Returns true when it changed something. */
export interface Pass {
  readonly name: string;
  run(func: Func, context: PassContext): boolean;
}
