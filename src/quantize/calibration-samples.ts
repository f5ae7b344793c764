// The samples of a calibration as bytes: in chunks that depend on nothing but the network, and a fingerprint of all.
import { sha256Hex } from '../../ir/content-hash.ts';
import { bytesOf } from '../../ir/tensor-data.ts';
import type { Program } from '../program.ts';
import { checkFeeds } from '../runner.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import type { Place } from './calibration-module.ts';
import type { SampleChunk } from './calibration-run.ts';

/** A chunk has at most this many samples, so that threads are busy alike and progress is seen. */
const mostSamples = 16;

/** A chunk has at most this many bytes where it is more than one sample: several are in memory at once. */
const mostBytes = 2 ** 22;

/**
 * Samples in each chunk but the last. Sums of f64 depend on how they are grouped; as chunks do not depend on the number
 * of threads, neither does any statistic.
 */
export function samplesPerChunk(inputs: readonly Place[]): number {
  return Math.max(1, Math.min(mostSamples, Math.floor(mostBytes / Math.max(1, sampleBytes(inputs)))));
}

const sampleBytes = (inputs: readonly Place[]) => inputs.reduce((sum, { bytes }) => sum + bytes, 0);

/** Samples `start` up to `end` - 1. Throws CompileError I8C0402 for one that is no feed of the program. */
export async function readChunk(
  program: Program,
  samples: SampleSource,
  start: number,
  end: number,
): Promise<SampleChunk> {
  const count = end - start;
  let bytes = new Uint8Array(0);
  let filled = 0;
  for (let i = 0; i < count; i++) {
    const parts = checkFeeds(program.inputs, await samples.read(start + i)).map(bytesOf);
    if (i === 0) bytes = new Uint8Array(count * parts.reduce((sum, part) => sum + part.length, 0));
    for (const part of parts) {
      bytes.set(part, filled);
      filled += part.length;
    }
  }
  return { count, bytes };
}

/** Samples whose contents are looked at. */
const sampled = 16;

/**
 * What tells samples apart from others, in hexadecimal: a hash of their number and of the contents of some of them,
 * spread over all. It finds other files, another order and another preprocessing, but not a change of one file of many.
 */
export async function fingerprintOf(program: Program, samples: SampleSource): Promise<string> {
  const { count } = samples;
  const indices = new Set(Array.from({ length: sampled }, (_, k) => Math.floor((k * (count - 1)) / (sampled - 1))));
  const hashes: string[] = [String(count)];
  if (count > 0) {
    for (const i of indices) hashes.push(sha256Hex((await readChunk(program, samples, i, i + 1)).bytes));
  }
  return sha256Hex(new TextEncoder().encode(hashes.join(' ')));
}
