// The table of targets: what writes the files of each. Heavy backends are loaded when they are asked for.
import type { LoopProgram } from '../ir/loops/kernel.ts';
import type { Program } from './program.ts';

export interface TargetRequest {
  readonly loops: LoopProgram;
  readonly program: Program;
  readonly selftest: boolean;
}

/** Writes the files of a target: name to contents. */
export type Target = (request: TargetRequest) => Promise<Map<string, string | Uint8Array>>;

export const targets = {
  async c({ loops, program, selftest }) {
    const { printC } = await import('../backends/c/print.ts');
    const files = printC(loops, { name: loops.name });
    if (selftest) {
      const [{ printSelftest }, { selftestVectors }] = await Promise.all([
        import('../backends/c/selftest.ts'),
        import('./selftest-vectors.ts'),
      ]);
      files.set(`${loops.name}_selftest.c`, printSelftest(loops, await selftestVectors(program), loops.name));
    }
    return files;
  },
  async js({ loops }) {
    const { printJs } = await import('../backends/js/print.ts');
    return new Map([[`${loops.name}.js`, printJs(loops)]]);
  },
} satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;
