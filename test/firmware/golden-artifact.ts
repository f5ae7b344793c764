// The C artifact of a golden model with its vectors as the self-test, as firmware tests and benches build it.
import { printC } from '../../backends/c/print.ts';
import { printSelftest } from '../../backends/c/selftest.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { scalar } from '../../passes/schedule/isa.ts';
import { GoldenModel } from '../golden/golden-model.ts';

export interface GoldenArtifact {
  readonly program: LoopProgram;
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/** The files of model `name` for its first `count` vectors. */
export function goldenArtifact(name: string, count: number): GoldenArtifact {
  const model = new GoldenModel(name, false);
  const vectors = Array.from({ length: count }, (_, v) => ({ inputs: model.inputs(v), outputs: model.outputs(v) }));
  runPasses(model.imported.module);
  const program = lowerFunction(model.func, { name: 'network', isa: scalar });
  const files = printC(program, { name: program.name });
  files.set('network_selftest.c', printSelftest(program, vectors, program.name));
  return { program, files };
}
