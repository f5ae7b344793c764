// int8c compare: a float model and its quantized form side by side.
import { basename, dirname } from 'node:path';
import { fail } from '../../ir/diagnostics.ts';
import {
  type Comparison,
  compare,
  comparisonJson,
  comparisonLines,
  htmlReport,
  type ProgramPair,
  type Sensitivity,
  sensitivity,
} from '../compare/index.ts';
import { importModelFile } from '../files/model-file.ts';
import { writeFiles } from '../files/write-files.ts';
import type { Quantized } from '../quantize/quantize.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { type ImportFlags, importOptions } from './import-flags.ts';
import { type ProgressLine, withProgress } from './progress.ts';
import type { QuantizeFlags } from './quantize-flags.ts';
import { quantizeModel } from './quantize-model.ts';
import { reportDiagnostics } from './report.ts';
import { type SampleFlags, samplesFrom } from './sample-flags.ts';
import { fileLines } from './summary.ts';
import { print, printJson } from './terminal.ts';

export interface CompareFlags extends ImportFlags, SampleFlags, QuantizeFlags {
  readonly data?: readonly string[];
  readonly calibrate?: readonly string[];
  readonly against?: string;
  readonly html?: string;
  readonly json?: true;
}

export async function compareCommand(path: string, flags: CompareFlags): Promise<void> {
  const { data, against } = flags;
  if (data === undefined) return fail('I8C0401', "Option '--data' is missing: samples of the model's inputs.");
  const program = await importModelFile(path, await importOptions(flags));
  const report = await withProgress(async (line) => {
    const samples = await samplesFrom(data, program.inputs, flags);
    if (samples.count === 0) fail('I8C0402', 'There are no samples to compare on.');
    if (against !== undefined) {
      return compareAndReport({ float: program, quantized: await importModelFile(against) }, samples, line);
    }
    const { labels: _, ...calibration } = flags;
    const calibrating =
      flags.calibrate === undefined ? samples : await samplesFrom(flags.calibrate, program.inputs, calibration);
    const quantized = await quantizeModel(program, flags.stats === undefined ? calibrating : undefined, flags, line);
    return compareAndReport(quantized, samples, line);
  });
  const files =
    flags.html === undefined
      ? []
      : await writeFiles(
          dirname(flags.html),
          new Map([[basename(flags.html), new TextEncoder().encode(report.html())]]),
          [path],
        );
  if (flags.json === true) {
    printJson(comparisonJson(report.comparison, report.sensitivity));
    return;
  }
  for (const text of comparisonLines(report.comparison, report.sensitivity)) print(text);
  for (const text of fileLines(files)) print(text);
  reportDiagnostics(program.diagnostics);
}

/** Figures of a comparison, and the page that shows them. */
export interface ComparisonReport {
  readonly comparison: Comparison;
  /** What each layer costs; only of what was quantized here. */
  readonly sensitivity?: Sensitivity;
  readonly html: () => string;
}

export async function compareAndReport(
  subject: Quantized | ProgramPair,
  samples: SampleSource,
  line: ProgressLine,
): Promise<ComparisonReport> {
  line.start('Comparing');
  const comparison = await compare(subject, samples, { onProgress: line.update });
  if (!('network' in subject)) return { comparison, html: () => htmlReport({ comparison }) };
  line.start('Measuring what each layer costs');
  const { network, decisions } = subject;
  const costs = await sensitivity(network, decisions, samples, { onProgress: line.update });
  const html = () => htmlReport({ comparison, sensitivity: costs, quantized: subject });
  return { comparison, sensitivity: costs, html };
}
