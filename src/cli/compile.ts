// int8c compile: a model to the files of one or more targets.
import { join } from 'node:path';
import type { WasmFeatures } from '../../backends/wasm/features.ts';
import { type Diagnostic, fail } from '../../ir/diagnostics.ts';
import { type Compiled, compile } from '../compile.ts';
import { importModelFile } from '../files/model-file.ts';
import { writeFiles } from '../files/write-files.ts';
import type { Manifest } from '../manifest.ts';
import type { Program } from '../program.ts';
import { type TargetName, targetNamed } from '../targets.ts';
import { type ImportFlags, importOptions } from './import-flags.ts';
import { type PrintedStage, StagePrinter } from './print-after.ts';
import type { QuantizeFlags } from './quantize-flags.ts';
import { reportDiagnostics } from './report.ts';
import type { SampleFlags } from './sample-flags.ts';
import { fileLines, summaryLines } from './summary.ts';
import { print, printAside, printJson } from './terminal.ts';

export interface CompileFlags extends ImportFlags, SampleFlags, QuantizeFlags {
  /** Samples to quantize the model with. */
  readonly calibrate?: readonly string[];
  readonly target: string;
  readonly output: string;
  readonly name?: string;
  readonly selftest?: true;
  readonly wasm: WasmFeatures;
  readonly inline?: true;
  readonly printAfter?: string;
  readonly json?: true;
}

export async function compileCommand(path: string, flags: CompileFlags): Promise<void> {
  const json = flags.json === true;
  const targets = [...new Set(flags.target.split(',').map((name) => name.trim()))];
  for (const name of targets) targetNamed(name);
  const printed: PrintedStage[] = [];
  const stages = new StagePrinter(flags.printAfter, (stage) => {
    if (json) printed.push(stage);
    else print(`// after ${stage.after}\n${stage.text}`);
  });
  const { program, notes } = await integerProgram(await importModelFile(path, await importOptions(flags)), flags);
  stages.imported(program);
  // Everything is compiled before anything is written.
  const artifacts: { readonly compiled: Compiled; readonly stages: readonly PrintedStage[] }[] = [];
  for (const name of targets) {
    const compiled = await compile(program, {
      target: name as TargetName,
      afterPass: stages.afterPass,
      ...(flags.name === undefined ? {} : { name: flags.name }),
      ...(flags.selftest === undefined ? {} : { selftest: true }),
      wasm: flags.wasm,
      inline: flags.inline === true,
    });
    await stages.lowered(compiled.loops);
    artifacts.push({ compiled, stages: printed.splice(0) });
  }
  // Text that was asked for has stdout for itself.
  const say = stages.wanted ? printAside : print;
  const results: object[] = [];
  for (const { compiled, stages: texts } of artifacts) {
    const { manifest } = compiled;
    const diagnostics = [...notes, ...compiled.diagnostics];
    const folder = targets.length > 1 ? join(flags.output, manifest.target) : flags.output;
    const files = await writeFiles(folder, compiled.files, [path]);
    results.push({ manifest, files, diagnostics, ...(stages.wanted ? { stages: texts } : {}) });
    if (json) continue;
    if (results.length === 1) tellProgram(manifest, diagnostics, say);
    say(`${manifest.target}: wrote ${files.length} files to ${folder}`);
    for (const line of fileLines(files)) say(line);
  }
  if (json) printJson(results.length === 1 ? results[0] : results);
}

/** What was found on the way to a program, and the program. */
interface Prepared {
  readonly program: Program;
  readonly notes: readonly Diagnostic[];
}

/** The program itself, or its quantized form where that was asked for; held to integers where that was. */
async function integerProgram(program: Program, flags: CompileFlags): Promise<Prepared> {
  const { calibrate, stats, dynamic, weightOnly, method } = flags;
  if ((calibrate ?? stats ?? dynamic ?? weightOnly) === undefined && method !== 'keep') {
    const idle = quantizingFlags.find((flag) => flags[flag] !== undefined);
    if (idle !== undefined) {
      fail('I8C0401', `Option --${dashed(idle)} is for quantizing, and there are no samples to quantize with.`, {
        hint: 'Give samples with --calibrate, or what int8c calibrate wrote with --stats.',
      });
    }
    if (flags.requireInt8 === true) {
      const { requireIntegers } = await import('../float-operators.ts');
      requireIntegers(program, () => ({ hint: 'Quantize the model: give samples of its inputs with --calibrate.' }));
    }
    return { program, notes: [] };
  }
  const [{ floatNotes, quantizeModel }, { samplesFrom }, { withProgress }] = await Promise.all([
    import('./quantize-model.ts'),
    import('./sample-flags.ts'),
    import('./progress.ts'),
  ]);
  const quantized = await withProgress(async (line) => {
    const samples = calibrate === undefined ? undefined : await samplesFrom(calibrate, program.inputs, flags);
    return quantizeModel(program, samples, flags, line);
  });
  return { program: quantized.program, notes: floatNotes(quantized) };
}

/** Options without a meaning where nothing is quantized. */
const quantizingFlags = [
  'preprocess',
  'limit',
  'seed',
  'labels',
  'method',
  'weights',
  'element',
  'wide',
  'equalize',
  'keepFloat',
  'maxDrop',
  'budget',
  'prune',
  'ports',
  'rounding',
  'workers',
] as const satisfies readonly (keyof CompileFlags)[];

const dashed = (flag: string) => flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

type Say = (text: string) => void;

function tellProgram(manifest: Manifest, diagnostics: readonly Diagnostic[], say: Say): void {
  for (const line of summaryLines(manifest)) say(line);
  reportDiagnostics(diagnostics);
}
