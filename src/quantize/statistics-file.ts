// The file in which statistics of a network are kept: to go on with later, to merge, and to quantize with elsewhere.
import { CompileError, fail, quoteName } from '../../ir/diagnostics.ts';
import type { Program } from '../program.ts';
import type { ObservedTensor } from './calibration-module.ts';
import { TensorStatistics } from './tensor-statistics.ts';

/** Statistics by the names of the float network's values. */
export type NetworkStatistics = ReadonlyMap<string, TensorStatistics>;

/** Samples that were seen, and what tells them apart from others. */
export interface SeenSamples {
  /** Of the samples' contents, in hexadecimal: {@link fingerprintOf}. */
  readonly fingerprint: string;
  /** Samples whose statistics are in the file: the first ones. */
  readonly done: number;
  /** Samples that there are. */
  readonly count: number;
}

export interface StatisticsFile {
  readonly model: { readonly name: string; readonly sha256: string };
  /** One entry for each calibration whose statistics were merged. */
  readonly samples: readonly SeenSamples[];
  readonly tensors: NetworkStatistics;
}

const format = 'int8c statistics 1';

/** What is read at most: some thousand tensors. */
export const statisticsBytesLimit = 2 ** 28;

/** Entries of a file at most. */
const maxTensors = 2 ** 16;
const maxParts = 2 ** 16;

/** The bytes of a file; {@link decodeStatistics} reads them back to the bit. One line for each tensor. */
export function encodeStatistics({ model, samples, tensors }: StatisticsFile): Uint8Array {
  const lines = [...tensors].map(([name, s]) => `    ${JSON.stringify(name)}: ${JSON.stringify(s)}`);
  const text = [
    '{',
    `  "format": ${JSON.stringify(format)},`,
    `  "model": ${JSON.stringify(model)},`,
    `  "samples": ${JSON.stringify(samples)},`,
    '  "tensors": {',
    lines.join(',\n'),
    '  }',
    '}\n',
  ];
  return new TextEncoder().encode(text.join('\n'));
}

/**
 * Reads what {@link encodeStatistics} wrote. `where` names the file in messages.
 *
 * @throws CompileError I8C0001 for other bytes, I8C0002 for damaged ones.
 */
export function decodeStatistics(bytes: Uint8Array, where: string): StatisticsFile {
  const hint = 'Files of statistics are made by int8c calibrate.';
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return fail('I8C0001', 'The file is no JSON, and so holds no statistics.', { where, hint });
  }
  const file = isRecord(parsed) ? parsed : {};
  if (file.format !== format) fail('I8C0001', `The file is not marked as ${quoteName(format)}.`, { where, hint });
  const damaged = (what: string) => fail('I8C0002', `The statistics are damaged: ${what}.`, { where });
  const { model, samples, tensors } = file;
  if (!isRecord(model) || typeof model.name !== 'string' || typeof model.sha256 !== 'string') {
    return damaged('they do not say of which model they are');
  }
  if (!Array.isArray(samples) || samples.length > maxParts || !samples.every(isSeen)) {
    return damaged('they do not say of which samples they are');
  }
  if (!isRecord(tensors)) return damaged('there are no tensors');
  const entries = Object.entries(tensors);
  if (entries.length > maxTensors) return damaged(`there are ${entries.length} tensors`);
  return {
    model: { name: model.name, sha256: model.sha256 },
    samples: samples.map(({ fingerprint, done, count }) => ({ fingerprint, done, count })),
    tensors: new Map(entries.map(([name, record]) => [name, statisticsFrom(record, `${where}, ${quoteName(name)}`)])),
  };
}

function statisticsFrom(record: unknown, where: string): TensorStatistics {
  try {
    return TensorStatistics.fromJSON(record);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new CompileError(error.diagnostics.map((d) => ({ ...d, where })));
  }
}

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && !Array.isArray(x);

const isCount = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 0;

function isSeen(x: unknown): x is SeenSamples {
  if (!isRecord(x)) return false;
  const { fingerprint, done, count } = x;
  return typeof fingerprint === 'string' && isCount(done) && isCount(count) && done <= count;
}

/** What statistics are for: the model, and the tensors of its float network. */
export interface StatisticsOwner {
  readonly program: Program;
  readonly tensors: readonly ObservedTensor[];
}

/**
 * Holds statistics to the model that they are to be used for.
 *
 * @throws CompileError I8C0402 where they are another model's, or lack a tensor of this one.
 */
export function checkStatistics(file: StatisticsFile, owner: StatisticsOwner, where: string): void {
  const { program, tensors } = owner;
  const hint = 'Run int8c calibrate on this model, with the same options.';
  if (file.model.sha256 !== program.sourceHash) {
    fail('I8C0402', `The statistics are of another model than this one: of ${quoteName(file.model.name)}.`, {
      where,
      hint,
    });
  }
  for (const { name, channels } of tensors) {
    const found = file.tensors.get(name);
    if (found === undefined) fail('I8C0402', `The statistics lack the tensor ${quoteName(name)}.`, { where, hint });
    if (found.channels !== channels) {
      fail('I8C0402', `Tensor ${quoteName(name)} has ${channels} channels, and ${found.channels} in the statistics.`, {
        where,
        hint,
      });
    }
  }
}

/** Refuses a checkpoint: what uses statistics wants those of all samples. */
export function checkFinished({ samples }: StatisticsFile, where: string): void {
  for (const { done, count } of samples) {
    if (done === count) continue;
    fail('I8C0402', `The calibration was not finished: ${done} of ${count} samples are done.`, {
      where,
      hint: 'Go on with int8c calibrate --resume and this file.',
    });
  }
}
