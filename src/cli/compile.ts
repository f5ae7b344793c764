// int8c compile: a model to the files of one or more targets.
import { join } from 'node:path';
import type { WasmFeatures } from '../../backends/wasm/features.ts';
import { type Compiled, compile } from '../compile.ts';
import { importModelFile } from '../files/model-file.ts';
import { writeFiles } from '../files/write-files.ts';
import { type TargetName, targetNamed } from '../targets.ts';
import { type ImportFlags, importOptions } from './import-flags.ts';
import { type PrintedStage, StagePrinter } from './print-after.ts';
import { reportDiagnostics } from './report.ts';
import { fileLines, summaryLines } from './summary.ts';
import { print, printAside, printJson } from './terminal.ts';

export interface CompileFlags extends ImportFlags {
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
  const program = await importModelFile(path, await importOptions(flags));
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
    const { manifest, diagnostics } = compiled;
    const folder = targets.length > 1 ? join(flags.output, manifest.target) : flags.output;
    const files = await writeFiles(folder, compiled.files, [path]);
    results.push({ manifest, files, diagnostics, ...(stages.wanted ? { stages: texts } : {}) });
    if (json) continue;
    if (results.length === 1) tellProgram(compiled, say);
    say(`${manifest.target}: wrote ${files.length} files to ${folder}`);
    for (const line of fileLines(files)) say(line);
  }
  if (json) printJson(results.length === 1 ? results[0] : results);
}

type Say = (text: string) => void;

function tellProgram({ manifest, diagnostics }: Compiled, say: Say): void {
  for (const line of summaryLines(manifest)) say(line);
  reportDiagnostics(diagnostics);
}
