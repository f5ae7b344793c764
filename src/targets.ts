// The table of targets: what writes the files of each. Heavy backends are loaded when they are asked for.
import { fail } from '../ir/diagnostics.ts';
import type { LoopProgram } from '../ir/loops/kernel.ts';
import { didYouMean } from '../ir/spelling.ts';
import type { Program } from './program.ts';

export interface TargetRequest {
  readonly loops: LoopProgram;
  readonly program: Program;
  readonly selftest: boolean;
}

export interface Target {
  /** What it writes, in a few words, for `--help`. */
  readonly description: string;
  /** Whether it can write vectors and a check that runs on the device. */
  readonly selftest: boolean;
  /** Writes the files: name to contents. */
  write(request: TargetRequest): Promise<Map<string, string | Uint8Array>>;
}

export const targets = {
  c: {
    description: 'C99 for any core',
    selftest: true,
    async write({ loops, program, selftest }) {
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
  },
  js: {
    description: 'a JavaScript module',
    selftest: false,
    async write({ loops }) {
      const { printJs } = await import('../backends/js/print.ts');
      return new Map([[`${loops.name}.js`, printJs(loops)]]);
    },
  },
  ir: {
    description: 'the model as imported, as text',
    selftest: false,
    async write({ program, loops: { name } }) {
      const [{ printModule }, { encodeResources }] = await Promise.all([
        import('../ir/printer.ts'),
        import('../ir/resources.ts'),
      ]);
      const { text, resources } = printModule(program.module());
      const files = new Map<string, string | Uint8Array>([[`${name}.ir`, text]]);
      if (resources.size > 0) files.set(`${name}.ir.weights`, encodeResources(resources));
      return files;
    },
  },
} satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

export const targetNames: readonly string[] = Object.keys(targets);

/** A target by name. Throws CompileError I8C0404 for a name that none has. */
export function targetNamed(name: string): Target {
  if (Object.hasOwn(targets, name)) return targets[name as TargetName];
  return fail('I8C0404', `There is no target ${JSON.stringify(name)}.`, {
    hint: didYouMean(name, targetNames) ?? `int8c has ${targetNames.join(', ')}.`,
  });
}
