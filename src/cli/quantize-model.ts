// Quantizes a program as the command line says: with samples, statistics or both.
import { type Diagnostic, fail } from '../../ir/diagnostics.ts';
import { type FloatOperator, requireIntegers } from '../float-operators.ts';
import type { Program } from '../program.ts';
import { tensorsToObserve } from '../quantize/calibration-module.ts';
import { floatNetwork } from '../quantize/float-network.ts';
import { type Quantized, type QuantizeOptions, quantize } from '../quantize/quantize.ts';
import { checkFinished, checkStatistics, type NetworkStatistics } from '../quantize/statistics-file.ts';
import { type SampleSource, samplesOf } from '../samples/sample-source.ts';
import { readStatistics } from './calibrate.ts';
import type { ProgressLine } from './progress.ts';
import { type QuantizeFlags, quantizeOptions } from './quantize-flags.ts';

/**
 * @param samples Undefined where none were given: `flags` must name statistics then.
 * @throws CompileError I8C0401 for flags that do not go together, I8C0302 where integers are required and not possible,
 *   and what quantization and its samples throw.
 */
export async function quantizeModel(
  program: Program,
  samples: SampleSource | undefined,
  flags: QuantizeFlags,
  line: ProgressLine,
): Promise<Quantized> {
  const options: QuantizeOptions = quantizeOptions(flags);
  const needsNone = flags.dynamic === true || flags.weightOnly === true;
  if (samples === undefined && flags.stats === undefined && !needsNone) {
    fail('I8C0401', 'There are neither samples nor statistics to quantize with.', {
      hint: 'Give samples with --data, or what int8c calibrate wrote with --stats.',
    });
  }
  if (samples?.count === 0) fail('I8C0402', 'There are no samples to quantize with.');
  const statistics = flags.stats === undefined ? undefined : await statisticsFor(program, flags.stats);
  line.start('Quantizing');
  const quantized = await quantize(program, samples ?? samplesOf([]), {
    ...options,
    ...(statistics === undefined ? {} : { statistics }),
    onProgress: line.update,
  });
  if (flags.requireInt8 === true) requireIntegers(quantized.program, (operator) => wayOut(operator, flags));
  return quantized;
}

async function statisticsFor(program: Program, path: string): Promise<NetworkStatistics> {
  const file = await readStatistics(path);
  checkStatistics(file, { program, tensors: tensorsToObserve(floatNetwork(program)) }, path);
  checkFinished(file, path);
  return file.tensors;
}

/** What to do about an operator that stays float in a network that was quantized. */
function wayOut({ where }: FloatOperator, { keepFloat = [], maxDrop, dynamic, weightOnly }: QuantizeFlags): string {
  if (weightOnly === true) return 'Leave out --weight-only: it keeps activations float.';
  if (dynamic === true) return 'Leave out --dynamic, and give --data: activations are quantized as they run.';
  if (keepFloat.some((name) => where.includes(name))) return 'Leave it out of --keep-float.';
  if (maxDrop !== undefined) return 'Allow more with --max-drop, or try --element i16.';
  return 'Put operators in its place that have an integer form (docs/operators.md), or leave out --require-int8.';
}

/** What stays float, as notes. */
export function floatNotes({ float }: Quantized): Diagnostic[] {
  return float.map(({ where, operator, reason }) => ({
    code: 'I8C0302',
    severity: 'note',
    ...(where === '' ? {} : { where }),
    message: `${operator} stays in floating point. ${reason}`,
  }));
}
