// A random program as the targets see it: its text, from which every one gets a module of its own (passes change modules),
// and what it is run on.
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { assertProgramVerified } from '../../ir/loops/program-verifier.ts';
import { verifyKernel } from '../../ir/loops/verifier.ts';
import type { Module } from '../../ir/module.ts';
import { parseModule } from '../../ir/parser.ts';
import { type PrintedText, printModule } from '../../ir/printer.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import type { Isa } from '../../passes/schedule/isa.ts';
import { lowerModule } from '../../src/compile.ts';

export class Subject {
  /** The inputs of one run after the other. */
  readonly runs: readonly (readonly TensorArray[])[];
  private readonly printed: PrintedText;
  private readonly programs = new Map<Isa, LoopProgram>();

  constructor(module: Module, runs: readonly (readonly TensorArray[])[]) {
    this.printed = printModule(module);
    this.runs = runs;
  }

  /** A fresh module. */
  module(): Module {
    return parseModule(this.printed.text, this.printed.resources);
  }

  /** The program after all passes, scheduled for an instruction set and verified. Made once for each. */
  lowered(isa: Isa): LoopProgram {
    const known = this.programs.get(isa);
    if (known !== undefined) return known;
    const { loops: program } = lowerModule(this.module(), { name: 'random', isa });
    for (const kernel of program.kernels) {
      const [problem] = verifyKernel(kernel);
      if (problem !== undefined) throw new Error(`kernel ${kernel.name} does not verify: ${JSON.stringify(problem)}`);
    }
    assertProgramVerified(program);
    this.programs.set(isa, program);
    return program;
  }
}
