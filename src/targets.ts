// The table of targets: what writes the files of each. Heavy backends are loaded when they are asked for.
import type { WasmFeatures } from '../backends/wasm/features.ts';
import { type Diagnostic, fail } from '../ir/diagnostics.ts';
import type { LoopProgram } from '../ir/loops/kernel.ts';
import { didYouMean } from '../ir/spelling.ts';
import type { Isa } from '../passes/schedule/isa.ts';
import type { Manifest } from './manifest.ts';
import type { Program } from './program.ts';

/** What may be asked of a target beside its name. */
export interface TargetOptions {
  readonly selftest: boolean;
  /** Instructions that a wasm module may use. */
  readonly wasm: WasmFeatures;
  /** Writes the wasm module into its loader. */
  readonly inline: boolean;
}

export interface TargetRequest extends TargetOptions {
  /** The program, scheduled for the target's instruction set. */
  readonly loops: LoopProgram;
  /** The same, scheduled for another. */
  lower(isa: Isa): LoopProgram;
  readonly program: Program;
  readonly manifest: Manifest;
  /** Tells the user something about the files. */
  report(diagnostic: Diagnostic): void;
}

export interface Target {
  /** What it writes, in a few words, for `--help`. */
  readonly description: string;
  /** Whether it can write vectors and a check that runs on the device. */
  readonly selftest: boolean;
  /** The instruction set that kernels are scheduled for; `scalar` when absent. */
  isa?(options: Pick<TargetOptions, 'wasm'>): Promise<Isa>;
  /** Writes the files: name to contents. */
  write(request: TargetRequest): Promise<Map<string, string | Uint8Array>>;
}

export const targets = {
  c: {
    description: 'C99 for any core',
    selftest: true,
    async write({ loops, program, manifest, selftest }) {
      const { printC } = await import('../backends/c/print.ts');
      const files = printC(loops, { name: loops.name, manifestComment: originOf(manifest) });
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
  wasm: {
    description: 'a WebAssembly module with its loader',
    selftest: false,
    isa: async ({ wasm }) => (await import('./wasm-isa.ts')).wasmIsa(wasm),
    async write({ loops, wasm, inline, lower }) {
      const [{ printWasm }, { wasmIsa }] = await Promise.all([
        import('../backends/wasm/print.ts'),
        import('./wasm-isa.ts'),
      ]);
      const fallback = wasm === 'relaxed' ? { fallback: lower(wasmIsa('simd')) } : {};
      return printWasm(loops, { features: wasm, inline, ...fallback });
    },
  },
  wgsl: {
    description: 'WebGPU compute shaders with their loader',
    selftest: false,
    isa: async () => (await import('../passes/schedule/isa.ts')).wgsl,
    async write({ loops, report }) {
      const { printWgsl } = await import('../backends/wgsl/print.ts');
      const { files, diagnostics } = printWgsl(loops);
      diagnostics.forEach(report);
      return files;
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

/** Where a program comes from and what it costs, for a reader of its code. */
function originOf({ compiler, sourceSha256, macs, bytes }: Manifest): string {
  return [
    `Made by ${compiler} from a model with SHA-256 ${sourceSha256}.`,
    `One run takes ${macs} multiply-accumulates; no arena for it can be smaller than ${bytes.arenaLowerBound} bytes.`,
  ].join('\n');
}

/** What runs a program here. */
export const runnerTargets = ['interp', 'js', 'wasm', 'wgsl', 'c'] as const;

export type RunnerTarget = (typeof runnerTargets)[number];

/** A runner's target by name. Throws CompileError I8C0404 for a name that none has. */
export function runnerTargetNamed(name: string): RunnerTarget {
  const found = runnerTargets.find((target) => target === name);
  return (
    found ??
    fail('I8C0404', `There is no target ${JSON.stringify(name)} to run on.`, {
      hint: didYouMean(String(name), runnerTargets) ?? `Programs run on ${runnerTargets.join(', ')}.`,
    })
  );
}

export const targetNames: readonly string[] = Object.keys(targets);

/** A target by name. Throws CompileError I8C0404 for a name that none has. */
export function targetNamed(name: string): Target {
  if (Object.hasOwn(targets, name)) return targets[name as TargetName];
  return fail('I8C0404', `There is no target ${JSON.stringify(name)}.`, {
    hint: didYouMean(name, targetNames) ?? `int8c has ${targetNames.join(', ')}.`,
  });
}
