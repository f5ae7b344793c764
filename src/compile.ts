// compile: a program to the files of a target.
import { type Diagnostic, fail } from '../ir/diagnostics.ts';
import type { LoopProgram } from '../ir/loops/kernel.ts';
import type { Func, Module } from '../ir/module.ts';
import { didYouMean } from '../ir/spelling.ts';
import { lowerFunction } from '../passes/lower.ts';
import type { Pass } from '../passes/pass.ts';
import { runPasses } from '../passes/pipeline.ts';
import { scalar } from '../passes/schedule/isa.ts';
import { type Manifest, manifestOf } from './manifest.ts';
import type { Program } from './program.ts';
import { type TargetName, targets } from './targets.ts';
import { version } from './version.ts';

export interface CompileOptions {
  target: TargetName;
  /** Base name of the files and prefix of generated identifiers; the program's name when absent. */
  name?: string;
  /** Also write vectors and a `main` that checks them on the target. */
  selftest?: boolean;
  /** Called after each pass with the module as it then is. */
  afterPass?: (pass: Pass, module: Module) => void;
}

export interface Compiled {
  readonly program: Program;
  /** File name to contents. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly manifest: Manifest;
  /** The importer's and the passes' findings. */
  readonly diagnostics: readonly Diagnostic[];
  readonly loops: LoopProgram;
}

/** Runs the passes over a fresh copy and lowers it. */
export function lowerProgram(
  program: Program,
  options: Pick<CompileOptions, 'name' | 'afterPass'> = {},
): { loops: LoopProgram; macs: number; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [...program.diagnostics];
  const module = program.module();
  const { afterPass } = options;
  runPasses(module, {
    report: (d) => diagnostics.push(d),
    ...(afterPass === undefined ? {} : { after: afterPass }),
  });
  const loops = lowerFunction(module.entry, { name: options.name ?? program.name, isa: scalar });
  return { loops, macs: macsOf(module.entry), diagnostics };
}

/** Multiply-accumulates of one run. */
export function macsOf(func: Func): number {
  return func.ops.reduce((sum, op) => sum + (op.definition.macs?.(op) ?? 0), 0);
}

/** Compiles a program. The same program and options give the same bytes, on any machine. */
export async function compile(program: Program, options: CompileOptions): Promise<Compiled> {
  const target = Object.hasOwn(targets, options.target) ? targets[options.target] : undefined;
  if (target === undefined) {
    const known = Object.keys(targets);
    fail('I8C0404', `There is no target ${JSON.stringify(options.target)}.`, {
      hint: didYouMean(options.target, known) ?? `int8c has ${known.join(', ')}.`,
    });
  }
  const { loops, macs, diagnostics } = lowerProgram(program, options);
  const manifest = manifestOf({
    program: loops,
    compiler: `int8c ${version}`,
    target: options.target,
    sourceHash: program.sourceHash,
    macs,
  });
  const files = new Map<string, Uint8Array>();
  const encoder = new TextEncoder();
  const put = (name: string, contents: string | Uint8Array) =>
    files.set(name, typeof contents === 'string' ? encoder.encode(contents) : contents);
  for (const [name, contents] of await target({ loops, program, selftest: options.selftest ?? false }))
    put(name, contents);
  put(`${loops.name}.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);
  return { program, files, manifest, diagnostics, loops };
}
