// How far the outputs of quantized networks are from the float network's, measured on samples.
import type { SampleSource } from '../../samples/sample-source.ts';
import { inOrder } from '../calibrate.ts';
import { compileToWasm, type FloatNetwork, valueNamed, type WasmRun } from '../float-network.ts';
import { measuredTensors, passedOn } from '../measured-tensors.ts';
import { noiseInDecibels, squares } from '../output-noise.ts';
import { applyDecisions, type Decisions } from '../plan.ts';

/** Samples that are run at most: outputs of as many tell two networks apart. */
const mostSamples = 128;

/** Noise over signal in dB under each set of decisions, the mean over the {@link measuredTensors}: less is better. */
export async function measuredNoise(
  network: FloatNetwork,
  choices: readonly Decisions[],
  samples: SampleSource,
): Promise<number[]> {
  const names = measuredTensors(network.module().entry).map((v) => v.name);
  const float = measuring(network, names);
  const quantized = choices.map((decisions) => measuring(network, names, decisions));
  const signal = new Float64Array(names.length);
  const noise = choices.map(() => new Float64Array(names.length));
  for (let i = 0; i < Math.min(mostSamples, samples.count); i++) {
    const feeds = inOrder(network, await samples.read(i));
    const wanted = float.run(feeds);
    const found = quantized.map((wasm) => wasm.run(feeds));
    for (let t = 0; t < names.length; t++) {
      const y = wanted[t] as Float32Array;
      signal[t]! += squares(y);
      for (const [c, results] of found.entries()) noise[c]![t]! += squares(y, results[t] as Float32Array);
    }
  }
  return noise.map((sums) => noiseInDecibels(sums, signal));
}

/** The network, as it is or with decisions, that gives these tensors alone. */
function measuring(network: FloatNetwork, names: readonly string[], decisions?: Decisions): WasmRun {
  const module = network.module();
  const func = module.entry;
  if (decisions !== undefined) applyDecisions(func, decisions);
  const shown = names.map((name) => {
    const value = valueNamed(func, name);
    return value === undefined ? name : passedOn(value).name;
  });
  func.outputs.length = 0;
  return compileToWasm(module, shown);
}
