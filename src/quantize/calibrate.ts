// Runs the float network over samples and keeps what is needed to choose ranges: statistics of every observed tensor.
import type { Feeds } from '../runner.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { type CalibrationModule, calibrationModule, tensorsToObserve } from './calibration-module.ts';
import type { Collector } from './calibration-pool.ts';
import { CalibrationRun, type ChunkStatistics } from './calibration-run.ts';
import { readChunk, samplesPerChunk } from './calibration-samples.ts';
import type { FloatNetwork } from './float-network.ts';
import type { NetworkStatistics } from './statistics-file.ts';
import { TensorStatistics } from './tensor-statistics.ts';

export type { NetworkStatistics } from './statistics-file.ts';

export interface CalibrationProgress {
  readonly done: number;
  readonly count: number;
}

export interface CalibrationOptions {
  onProgress?: (progress: CalibrationProgress) => void;
  /**
   * Threads that run the network. Default: as many as there are cores, up to 8 and where memory allows; 1 runs it in this
   * thread. The result does not depend on it. Networks with state run in this thread always.
   */
  workers?: number;
  /** Ends the calibration between samples: the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Path of a file that keeps the statistics of the samples that are done: written now and then and at the end, whether
   * or not all went well. Where it exists the calibration goes on from it.
   */
  resume?: string;
}

/** Feeds in the order of the program's inputs. */
export const inOrder = (network: FloatNetwork, feeds: Feeds) => network.program.inputs.map(({ name }) => feeds[name]!);

/**
 * Runs the network over all samples, in order, and collects statistics of its tensors: those that
 * {@link tensorsToObserve} names. Memory does not depend on the number of samples. A network with state takes them as
 * consecutive steps.
 *
 * @throws CompileError I8C0402 for a sample that does not fit the network, or a checkpoint of something else.
 */
export async function calibrate(
  network: FloatNetwork,
  samples: SampleSource,
  options: CalibrationOptions = {},
): Promise<NetworkStatistics> {
  const { program } = network;
  const { count } = samples;
  const owner = { program, tensors: tensorsToObserve(network) };
  const opened = options.resume === undefined ? undefined : await openCheckpoint(options.resume, owner, samples);
  const statistics =
    opened?.tensors ?? new Map(owner.tensors.map(({ name, channels }) => [name, new TensorStatistics(channels)]));
  let done = opened?.done ?? 0;
  options.onProgress?.({ done, count });
  if (done === count) return statistics;

  const module = calibrationModule(network);
  const step = samplesPerChunk(module.inputs);
  const collector = await collectorFor(module, Math.ceil((count - done) / step), options.workers);
  /** In the order of the samples: so are they merged, whichever is ready first. */
  const underWay: { readonly end: number; readonly result: Promise<ChunkStatistics> }[] = [];
  const takeFirst = async () => {
    const first = underWay.shift();
    if (first === undefined) return;
    const chunk = await first.result;
    for (const [i, { name }] of owner.tensors.entries()) {
      const [known, more] = [statistics.get(name), chunk[i]];
      if (known !== undefined && more !== undefined) known.merge(more);
    }
    done = first.end;
    options.onProgress?.({ done, count });
    await opened?.checkpoint.saveSometimes(done, statistics);
  };
  try {
    for (let start = module.hasState ? 0 : done; start < count; ) {
      const skipped = start < done;
      const end = Math.min(skipped ? done : count, start + step);
      const chunk = await readChunk(program, samples, start, end);
      options.signal?.throwIfAborted();
      if (skipped) collector.skip?.(chunk);
      else underWay.push({ end, result: handled(collector.collect(chunk)) });
      if (underWay.length >= collector.depth) await takeFirst();
      start = end;
    }
    while (underWay.length > 0) await takeFirst();
  } finally {
    await collector.close();
    await opened?.checkpoint.save(done, statistics);
  }
  return statistics;
}

async function openCheckpoint(...args: Parameters<typeof import('./calibration-checkpoint.ts').Checkpoint.open>) {
  const { Checkpoint } = await import('./calibration-checkpoint.ts');
  return Checkpoint.open(...args);
}

/** A promise that is awaited later: what it fails with until then is no unhandled rejection. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Chunks for which threads are not worth their start. */
const fewChunks = 2;

async function collectorFor(
  module: CalibrationModule,
  chunks: number,
  wanted: number | undefined,
): Promise<Collector & { skip?: CalibrationRun['skip'] }> {
  if (!module.hasState && wanted !== 1 && (wanted !== undefined || chunks > fewChunks)) {
    const { calibrationPool, workerCount } = await import('./calibration-pool.ts');
    const workers = Math.min(chunks, workerCount(module, wanted));
    if (workers > 1) return calibrationPool(module, workers);
  }
  const run = new CalibrationRun(module);
  return {
    depth: 1,
    async collect(chunk) {
      // Timers and signals get their turn between chunks.
      await new Promise((resolve) => setTimeout(resolve));
      return run.collect(chunk);
    },
    skip: (chunk) => run.skip(chunk),
    async close() {},
  };
}
