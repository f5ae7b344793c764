// Runs a program on the reference interpreter.
import { createReferenceRunner } from '../../ir/interpreter.ts';
import { executable, runPasses } from '../../passes/pipeline.ts';
import type { Program } from '../program.ts';
import type { Engine } from '../runner.ts';

export function referenceEngine(program: Program): Engine {
  const module = program.module();
  runPasses(module, { passes: executable });
  const runner = createReferenceRunner(module.entry);
  return { run: (inputs) => runner.run(inputs).map((t) => t.data), reset: () => runner.reset() };
}
