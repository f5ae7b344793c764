// int8c calibrate: a float network over samples, to a file of statistics; and several such files to one.
import { basename, dirname } from 'node:path';
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { identifierOf } from '../../ir/identifiers.ts';
import { importModelFile } from '../files/model-file.ts';
import { readBoundedFile } from '../files/read-file.ts';
import { writeFiles } from '../files/write-files.ts';
import { type CalibrationOptions, calibrate } from '../quantize/calibrate.ts';
import { fingerprintOf } from '../quantize/calibration-samples.ts';
import { floatNetwork } from '../quantize/float-network.ts';
import { mergeStatistics } from '../quantize/merge-statistics.ts';
import {
  decodeStatistics,
  encodeStatistics,
  type StatisticsFile,
  statisticsBytesLimit,
} from '../quantize/statistics-file.ts';
import { wholeNumber } from './flag-values.ts';
import { type ImportFlags, importOptions } from './import-flags.ts';
import { withProgress } from './progress.ts';
import { reportDiagnostics } from './report.ts';
import { requireFloats } from './require-floats.ts';
import { type SampleFlags, samplesFrom } from './sample-flags.ts';
import { columns, grouped, print, printJson } from './terminal.ts';

export interface CalibrateFlags extends ImportFlags, SampleFlags {
  readonly data?: readonly string[];
  readonly workers?: string;
  readonly resume?: string;
  readonly output: string;
  readonly json?: true;
}

export async function calibrateCommand(path: string, flags: CalibrateFlags): Promise<void> {
  const { data } = flags;
  if (data === undefined) fail('I8C0401', "Option '--data' is missing: samples of the model's inputs.");
  const workers = flags.workers === undefined ? {} : { workers: wholeNumber('--workers', flags.workers, 1) };
  const program = await importModelFile(path, await importOptions(flags));
  requireFloats(program);
  const samples = await samplesFrom(data, program.inputs, flags);
  if (samples.count === 0) fail('I8C0402', 'There are no samples in this shard.');
  const options: CalibrationOptions = flags.resume === undefined ? workers : { ...workers, resume: flags.resume };
  const tensors = await withProgress((line) => {
    line.start('Calibrating');
    return calibrate(floatNetwork(program), samples, { ...options, onProgress: line.update });
  });
  const fingerprint = await fingerprintOf(program, samples);
  const file: StatisticsFile = {
    model: { name: program.name, sha256: program.sourceHash },
    samples: [{ fingerprint, done: samples.count, count: samples.count }],
    tensors,
  };
  await writeStatistics(file, flags, [path]);
  if (flags.json !== true) reportDiagnostics(program.diagnostics);
}

export interface MergeFlags {
  readonly output: string;
  readonly json?: true;
}

export async function mergeCommand(paths: readonly string[], flags: MergeFlags): Promise<void> {
  const files = [];
  for (const path of paths) files.push({ path, file: await readStatistics(path) });
  await writeStatistics(mergeStatistics(files), flags, []);
}

/** The statistics in a file; see {@link decodeStatistics}. */
export async function readStatistics(path: string): Promise<StatisticsFile> {
  return decodeStatistics(await readBoundedFile(path, 'statistics file', statisticsBytesLimit), path);
}

async function writeStatistics(file: StatisticsFile, flags: MergeFlags, inputs: readonly string[]): Promise<void> {
  const { output } = flags;
  const [written] = await writeFiles(dirname(output), new Map([[basename(output), encodeStatistics(file)]]), inputs);
  const samples = file.samples.reduce((sum, { done }) => sum + done, 0);
  const nonFinite = [...file.tensors].filter(([, s]) => s.nonFinite > 0).map(([name]) => name);
  if (flags.json === true) {
    printJson({ model: file.model, samples, tensors: file.tensors.size, nonFinite, file: written });
    return;
  }
  // Of what was merged the name is a stranger's.
  print(
    `${identifierOf(file.model.name) || 'model'}: ${grouped(samples)} samples, ${grouped(file.tensors.size)} tensors`,
  );
  if (nonFinite.length > 0) print(`  not finite in places: ${nonFinite.map(quoteName).join(', ')}`);
  for (const line of columns([[`  ${output}`, `${grouped(written?.bytes ?? 0)} bytes`]])) print(line);
}
