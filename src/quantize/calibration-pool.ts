// Worker threads for calibration, where there are several cores and the worker's file is built.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { CalibrationModule } from './calibration-module.ts';
import type { ChunkStatistics, SampleChunk } from './calibration-run.ts';
import { type StatisticsRecord, TensorStatistics } from './tensor-statistics.ts';

/** Takes chunks and gives their statistics. */
export interface Collector {
  /** Chunks that can be under way at once. */
  readonly depth: number;
  /** The bytes of the chunk are given away. */
  collect(chunk: SampleChunk): Promise<ChunkStatistics>;
  close(): Promise<void>;
}

/** The memories of all workers together, whatever the number of cores; each has all tensors of the network. */
const memoryLimit = 2 ** 29;

/** Threads beyond these wait for the one that reads the samples. */
const mostWorkers = 8;

/** Node runs workers from JavaScript; in a tree of TypeScript there is none. */
const workerFile = new URL('calibration-worker.js', import.meta.url);

/** The number of workers that is used where `wanted` are asked for, or as many as are useful. */
export function workerCount(module: CalibrationModule, wanted?: number): number {
  if (!existsSync(fileURLToPath(workerFile))) return 1;
  const allowed = Math.max(1, Math.floor(memoryLimit / module.memoryBytes));
  return wanted ?? Math.min(availableParallelism(), mostWorkers, allowed);
}

export async function calibrationPool(module: CalibrationModule, workers: number): Promise<Collector> {
  const { Tinypool } = await import('tinypool');
  const pool = new Tinypool({
    filename: workerFile.href,
    workerData: module,
    minThreads: workers,
    maxThreads: workers,
    // The caller waits between chunks by itself.
    idleTimeout: 2 ** 30,
  });
  return {
    depth: 2 * workers,
    async collect(chunk) {
      const transferList = [chunk.bytes.buffer as ArrayBuffer];
      const records: readonly StatisticsRecord[] = await pool.run(chunk, { transferList });
      return records.map((record) => TensorStatistics.fromJSON(record));
    },
    close: () => pool.destroy(),
  };
}
