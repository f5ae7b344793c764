// Runs the module of a float network over samples and collects statistics: in this thread, or in a worker.
import { exportsOf, type ProgramExports } from '../../backends/wasm/engine.ts';
import type { CalibrationModule } from './calibration-module.ts';
import { TensorStatistics } from './tensor-statistics.ts';

/** Consecutive samples: each one the bytes of all inputs, one behind the other. */
export interface SampleChunk {
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Statistics in the order of the module's tensors. */
export type ChunkStatistics = readonly TensorStatistics[];

export class CalibrationRun {
  readonly #module: CalibrationModule;
  readonly #exports: ProgramExports;
  readonly #memory: Uint8Array;
  /** Where the module leaves its tensors. */
  readonly #views: readonly Float32Array[];

  constructor(module: CalibrationModule) {
    this.#module = module;
    this.#exports = exportsOf(module.wasm) as ProgramExports;
    const { buffer } = this.#exports.memory;
    this.#memory = new Uint8Array(buffer);
    this.#views = module.tensors.map((t) => new Float32Array(buffer, t.address, t.bytes / 4));
  }

  /** The statistics of a chunk alone. */
  collect(chunk: SampleChunk): ChunkStatistics {
    const statistics = this.#module.tensors.map(({ channels }) => new TensorStatistics(channels));
    this.#each(chunk, () => {
      for (const [i, view] of this.#views.entries()) statistics[i]?.add(view);
    });
    return statistics;
  }

  /** Runs over the chunk only to bring the network's state to where it then is. */
  skip(chunk: SampleChunk): void {
    this.#each(chunk, () => {});
  }

  #each({ count, bytes }: SampleChunk, afterRun: () => void): void {
    let from = 0;
    for (let i = 0; i < count; i++) {
      for (const place of this.#module.inputs) {
        this.#memory.set(bytes.subarray(from, from + place.bytes), place.address);
        from += place.bytes;
      }
      this.#exports.invoke();
      afterRun();
    }
  }
}
