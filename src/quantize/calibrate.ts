// Runs the float network over samples and keeps what is needed to choose ranges: statistics of every observed tensor.
import { observedTensors } from '../../passes/quantization/tensor-groups.ts';
import type { Feeds } from '../runner.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { compileToWasm, type FloatNetwork } from './float-network.ts';
import { TensorStatistics } from './tensor-statistics.ts';

/** Statistics by the names of the float network's values. */
export type NetworkStatistics = ReadonlyMap<string, TensorStatistics>;

export interface CalibrationProgress {
  readonly done: number;
  readonly count: number;
}

export interface CalibrationOptions {
  onProgress?: (progress: CalibrationProgress) => void;
}

/** Feeds in the order of the program's inputs. */
export const inOrder = (network: FloatNetwork, feeds: Feeds) => network.program.inputs.map(({ name }) => feeds[name]!);

/** One run over all samples, one after the other: memory does not depend on their number. */
export async function calibrate(
  network: FloatNetwork,
  samples: SampleSource,
  options: CalibrationOptions = {},
): Promise<NetworkStatistics> {
  const module = network.module();
  const tensors = observedTensors(module.entry).map(({ name, type }) => ({ name, channels: type.shape.at(-1) ?? 1 }));
  const own = module.entry.outputs.length;
  const wasm = compileToWasm(
    module,
    tensors.map((t) => t.name),
  );
  const statistics = new Map(tensors.map(({ name, channels }) => [name, new TensorStatistics(channels)]));
  for (let i = 0; i < samples.count; i++) {
    const results = wasm.run(inOrder(network, await samples.read(i)));
    tensors.forEach(({ name }, k) => {
      statistics.get(name)?.add(results[own + k] as Float32Array);
    });
    options.onProgress?.({ done: i + 1, count: samples.count });
  }
  return statistics;
}
