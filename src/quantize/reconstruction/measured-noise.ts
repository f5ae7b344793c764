// How far the outputs of quantized networks are from the float network's, measured on samples.
import type { Module } from '../../../ir/module.ts';
import type { SampleSource } from '../../samples/sample-source.ts';
import { inOrder } from '../calibrate.ts';
import { compileToWasm, type FloatNetwork } from '../float-network.ts';
import { noiseInDecibels, squares } from '../output-noise.ts';
import { applyDecisions, type Decisions } from '../plan.ts';

/** Samples that are run at most: outputs of as many tell two networks apart. */
const mostSamples = 128;

/** Noise over signal in dB under each set of decisions, the mean over the network's f32 outputs: less is better. */
export async function measuredNoise(
  network: FloatNetwork,
  choices: readonly Decisions[],
  samples: SampleSource,
): Promise<number[]> {
  const reference = network.module();
  const ports = reference.entry.outputs.flatMap(({ value }, i) => (value.type.element === 'f32' ? [i] : []));
  const float = compileToWasm(reference);
  const quantized = choices.map((decisions) => compileToWasm(decided(network.module(), decisions)));
  const signal = new Float64Array(ports.length);
  const noise = choices.map(() => new Float64Array(ports.length));
  for (let i = 0; i < Math.min(mostSamples, samples.count); i++) {
    const feeds = inOrder(network, await samples.read(i));
    const wanted = float.run(feeds);
    const found = quantized.map((wasm) => wasm.run(feeds));
    for (const [k, port] of ports.entries()) {
      const y = wanted[port] as Float32Array;
      signal[k]! += squares(y);
      for (const [c, results] of found.entries()) noise[c]![k]! += squares(y, results[port] as Float32Array);
    }
  }
  return noise.map((sums) => noiseInDecibels(sums, signal));
}

function decided(module: Module, decisions: Decisions): Module {
  applyDecisions(module.entry, decisions);
  return module;
}
