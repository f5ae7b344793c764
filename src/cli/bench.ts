// int8c bench: how fast a model runs here.
import { cpus } from 'node:os';
import type { WasmFeatures } from '../../backends/wasm/features.ts';
import { fail } from '../../ir/diagnostics.ts';
import { didYouMean } from '../../ir/spelling.ts';
import { type Bench, type BenchOptions, bench } from '../bench/bench.ts';
import { importModelFile } from '../files/model-file.ts';
import type { RunnerOptions } from '../runner.ts';
import { runnerTargetNamed } from '../targets.ts';
import { benchLines, profileLines } from './bench-table.ts';
import { type ImportFlags, importOptions } from './import-flags.ts';
import { reportDiagnostics } from './report.ts';
import { print, printJson } from './terminal.ts';

export interface BenchFlags extends ImportFlags {
  readonly target: string;
  readonly wasm: string;
  readonly cflags?: string;
  readonly profile?: true;
  readonly rounds?: string;
  readonly time: string;
  readonly warmup: string;
  readonly json?: true;
}

export async function benchCommand(path: string, flags: BenchFlags): Promise<void> {
  const options = benchOptions(flags);
  const program = await importModelFile(path, await importOptions(flags));
  const result = await bench(program, options);
  if (flags.json === true) {
    printJson({ host: host(), ...result });
    return;
  }
  for (const line of linesOf(result)) print(line);
  reportDiagnostics(result.diagnostics);
}

function linesOf(result: Bench): string[] {
  return [...benchLines(result), ...result.results.flatMap(profileLines)];
}

/** Whose figures these are. */
function host(): object {
  const { platform, arch, version: node } = process;
  return { cpu: cpus()[0]?.model.trim() ?? '', platform, arch, node };
}

function benchOptions({ target, wasm, cflags, profile, rounds, time, warmup }: BenchFlags): BenchOptions {
  const levels = listed(wasm).map(wasmLevel);
  const runners = listed(target).flatMap((name): RunnerOptions[] => {
    const known = runnerTargetNamed(name);
    if (known === 'wasm') return levels.map((level) => ({ target: known, wasm: level }));
    if (known === 'c' && cflags !== undefined) {
      return [{ target: known, cflags: cflags.split(/\s+/).filter((flag) => flag !== '') }];
    }
    return [{ target: known }];
  });
  return {
    runners,
    profile: profile === true,
    seconds: numberOf('--time', time),
    warmUpSeconds: numberOf('--warmup', warmup),
    ...(rounds === undefined ? {} : { rounds: numberOf('--rounds', rounds) }),
  };
}

/** The different names of a list separated by commas, in its order. */
const listed = (text: string) => [...new Set(text.split(',').map((name) => name.trim()))];

const wasmLevels: readonly WasmFeatures[] = ['scalar', 'simd', 'relaxed'];

function wasmLevel(name: string): WasmFeatures {
  return (
    wasmLevels.find((level) => level === name) ??
    fail('I8C0401', `There are no instructions ${JSON.stringify(name)} for wasm.`, {
      hint: didYouMean(name, wasmLevels) ?? `The levels are ${wasmLevels.join(', ')}.`,
    })
  );
}

/** A number of an option; what range it must be in is the bench's to say. */
function numberOf(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  return fail('I8C0401', `Option ${option} takes a number, not ${JSON.stringify(text)}.`);
}
