// compile: a program to the files of a target.
import type { WasmFeatures } from '../backends/wasm/features.ts';
import { type Diagnostic, fail, quoteName } from '../ir/diagnostics.ts';
import { identifierOf } from '../ir/identifiers.ts';
import type { LoopProgram } from '../ir/loops/kernel.ts';
import type { Func, Module } from '../ir/module.ts';
import { lowerFunction } from '../passes/lower.ts';
import type { Pass } from '../passes/pass.ts';
import { runPasses } from '../passes/pipeline.ts';
import { type Isa, scalar } from '../passes/schedule/isa.ts';
import { jsonText } from './json-text.ts';
import { type Manifest, manifestOf } from './manifest.ts';
import type { Program } from './program.ts';
import { type TargetName, targetNamed } from './targets.ts';
import { version } from './version.ts';

export interface CompileOptions {
  target: TargetName;
  /** Base name of the files and prefix of generated identifiers; the program's name when absent. */
  name?: string;
  /** Also write vectors and a `main` that checks them on the target. */
  selftest?: boolean;
  /** For `wasm`: instructions that the module may use. Default: `simd`. */
  wasm?: WasmFeatures;
  /** For `wasm`: writes the module into NAME.js instead of a file beside it. */
  inline?: boolean;
  /** Called after each pass with the module as it then is. */
  afterPass?: (pass: Pass, module: Module) => void;
}

/** What lowering needs of the options, and the instruction set to schedule for; default `scalar`. */
export interface LowerProgramOptions extends Pick<CompileOptions, 'name' | 'afterPass'> {
  isa?: Isa;
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

/** A lowered program, its multiply-accumulates per run, and what importer and passes found. */
export interface Lowered {
  readonly loops: LoopProgram;
  readonly macs: number;
  /** The same by the operators of the user's model, as calls name them by their location. */
  readonly macsByLocation: ReadonlyMap<string, number>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs the passes over a fresh copy and lowers it. */
export function lowerProgram(program: Program, options: LowerProgramOptions = {}): Lowered {
  const lowered = lowerModule(program.module(), { name: program.name, ...options });
  return { ...lowered, diagnostics: [...program.diagnostics, ...lowered.diagnostics] };
}

/** Runs the passes over the module itself, and lowers it. */
export function lowerModule(module: Module, options: LowerProgramOptions & { readonly name: string }): Lowered {
  const diagnostics: Diagnostic[] = [];
  const { name, afterPass, isa = scalar } = options;
  runPasses(module, {
    report: (d) => diagnostics.push(d),
    isa,
    ...(afterPass === undefined ? {} : { after: afterPass }),
  });
  const loops = lowerFunction(module.entry, { name, isa });
  const macsByLocation = macsOf(module.entry);
  const macs = [...macsByLocation.values()].reduce((sum, n) => sum + n, 0);
  return { loops, macs, macsByLocation, diagnostics };
}

/** Multiply-accumulates of one run, by the location of the operators that have some. */
function macsOf(func: Func): Map<string, number> {
  const macs = new Map<string, number>();
  for (const op of func.ops) {
    const count = op.definition.macs?.(op) ?? 0;
    if (count > 0) macs.set(op.location, (macs.get(op.location) ?? 0) + count);
  }
  return macs;
}

/** Compiles a program. The same program and options give the same bytes, on any machine. */
export async function compile(program: Program, options: CompileOptions): Promise<Compiled> {
  const target = targetNamed(options.target);
  if (options.selftest === true && !target.selftest) {
    fail('I8C0404', `The target ${options.target} has no self-test.`);
  }
  if (options.name !== undefined) checkName(options.name);
  const { selftest = false, wasm = 'simd', inline = false } = options;
  const isa = (await target.isa?.({ wasm })) ?? scalar;
  const { loops, macs, diagnostics: found } = lowerProgram(program, { ...options, isa });
  const diagnostics = [...found];
  const manifest = manifestOf({
    program: loops,
    compiler: `int8c ${version}`,
    target: options.target,
    sourceHash: program.sourceHash,
    macs,
  });
  const { name = program.name } = options;
  const lower = (other: Isa) => lowerProgram(program, { name, isa: other }).loops;
  const files = new Map<string, Uint8Array>();
  const encoder = new TextEncoder();
  const put = (name: string, contents: string | Uint8Array) =>
    files.set(name, typeof contents === 'string' ? encoder.encode(contents) : contents);
  const report = (d: Diagnostic) => diagnostics.push(d);
  for (const [name, contents] of await target.write({
    loops,
    lower,
    program,
    manifest,
    report,
    selftest,
    wasm,
    inline,
  })) {
    put(name, contents);
  }
  put(`${loops.name}.json`, jsonText(manifest));
  return { program, files, manifest, diagnostics, loops };
}

/** Longest name of a program; C compilers tell external names of this length apart. */
const maxName = 60;

/** Names become file names and prefixes of generated identifiers: they must be identifiers in every language. */
function checkName(name: string): void {
  if (new RegExp(`^[A-Za-z][A-Za-z0-9_]{0,${maxName - 1}}$`).test(name)) return;
  const near = identifierOf(name);
  fail(
    'I8C0405',
    `The name ${quoteName(name)} is not a letter followed by up to ${maxName - 1} letters, digits and _.`,
    {
      ...(near === '' ? {} : { hint: `Perhaps ${near}.` }),
    },
  );
}
