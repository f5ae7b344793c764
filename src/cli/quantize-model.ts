// Quantizes a program as the command line says: with samples, statistics or both.
import { type Diagnostic, fail } from '../../ir/diagnostics.ts';
import { type FloatAccount, type FloatOperator, requireIntegers } from '../float-operators.ts';
import type { Program } from '../program.ts';
import { tensorsToObserve } from '../quantize/calibration-module.ts';
import { floatNetwork } from '../quantize/float-network.ts';
import { operatorsNamed } from '../quantize/named-operators.ts';
import { type Quantized, type QuantizeOptions, quantize } from '../quantize/quantize.ts';
import { checkFinished, checkStatistics, type NetworkStatistics } from '../quantize/statistics-file.ts';
import { type SampleSource, samplesOf } from '../samples/sample-source.ts';
import { readStatistics } from './calibrate.ts';
import type { ProgressLine } from './progress.ts';
import { type QuantizeFlags, quantizeOptions } from './quantize-flags.ts';
import { requireFloats } from './require-floats.ts';

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
  checkTogether(samples !== undefined, flags);
  if (flags.method !== 'keep') requireFloats(program);
  if (samples?.count === 0) fail('I8C0402', 'There are no samples to quantize with.');
  const statistics = flags.stats === undefined ? undefined : await statisticsFor(program, flags.stats);
  line.start('Quantizing');
  const quantized = await quantize(program, samples ?? samplesOf([]), {
    ...options,
    ...(statistics === undefined ? {} : { statistics }),
    onProgress(progress) {
      line.start(`${progress.activity.charAt(0).toUpperCase()}${progress.activity.slice(1)}`);
      line.update(progress);
      if (progress.done === progress.count) line.start('Quantizing');
    },
  });
  if (flags.requireInt8 === true) {
    const kept = keptPlaces(quantized, flags.keepFloat ?? []);
    requireIntegers(quantized.program, (operator) => accountOf(operator, kept, flags));
  }
  return quantized;
}

/** Refuses what would be without effect, or contradicts itself. */
function checkTogether(hasSamples: boolean, flags: QuantizeFlags): void {
  const { stats, dynamic, weightOnly, method, maxDrop, budget, weights, equalize, wide, ports } = flags;
  if (dynamic === true && weightOnly === true)
    fail('I8C0401', 'Options --dynamic and --weight-only exclude each other.');
  if (wide !== undefined && wide !== 'none' && ports === 'integer')
    fail('I8C0401', `Option --wide ${wide} is for float outputs, and --ports integer has none.`);
  if (hasSamples || dynamic === true || weightOnly === true || method === 'keep') return;
  if (stats === undefined) {
    fail('I8C0401', 'There are neither samples nor statistics to quantize with.', {
      hint: 'Give samples with --data (compile: --calibrate), or what int8c calibrate wrote with --stats.',
    });
  }
  for (const [option, isGiven] of [
    ['--method auto', method === 'auto'],
    ['--weights learned', weights === 'learned'],
    ['--equalize', equalize === true],
    ['--max-drop', maxDrop !== undefined],
    ['--budget', budget !== undefined],
  ] as const) {
    if (isGiven) fail('I8C0401', `Option ${option} runs the network: it needs samples.`);
  }
}

/** The places of operators that were asked to stay float. */
function keptPlaces({ network, float }: Quantized, names: readonly string[]): ReadonlySet<string> {
  if (names.length === 0) return new Set();
  const kept = operatorsNamed(network.module().entry, names);
  return new Set(float.filter(({ name }) => kept.has(name)).map(({ where }) => where));
}

async function statisticsFor(program: Program, path: string): Promise<NetworkStatistics> {
  const file = await readStatistics(path);
  checkStatistics(file, { program, tensors: tensorsToObserve(floatNetwork(program)) }, path);
  checkFinished(file, path);
  return file.tensors;
}

/** Why an operator stays float in a network that was quantized, and what to do about it. */
function accountOf({ where }: FloatOperator, kept: ReadonlySet<string>, flags: QuantizeFlags): FloatAccount {
  if (flags.weightOnly === true) {
    return { reason: 'Activations stay float with --weight-only.', hint: 'Leave it out, and give samples.' };
  }
  if (flags.dynamic === true) {
    return { reason: 'Results stay float with --dynamic.', hint: 'Leave it out, and give samples.' };
  }
  if (kept.has(where)) return { reason: '--keep-float names it.', hint: 'Leave it out there.' };
  return { hint: 'Put operators in its place that have an integer form, or leave out --require-int8.' };
}

/** What stays float, as notes. */
export function floatNotes({ float }: Quantized): Diagnostic[] {
  return float.map(({ where, operator, reason }) => ({
    code: 'I8C0302',
    severity: 'note',
    ...(where === '' ? {} : { where }),
    message: `${operator}: ${reason}`,
  }));
}
