// Bias correction: each layer's bias takes back what quantization, of its weights and of everything before it, has done to
// the mean of its result. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019),
// section 4.2, with means over samples, and behind the layer's activation: what an activation cuts off needs no correction.
import type { SampleSource } from '../../samples/sample-source.ts';
import type { FloatNetwork } from '../float-network.ts';
import { type Decisions, maxBias, safeScales } from '../plan.ts';
import { eachTensor, type FittedLayer, fittedLayers } from './layer-tensors.ts';

export interface CorrectBiasesOptions {
  /** Runs over the samples at most: layers are corrected in as many steps, so that later ones see earlier ones'. Default: 16. */
  passes?: number;
}

/** Means of each output channel, and the share of its values that the layer's activation lets pass as they are. */
interface ChannelMeans {
  readonly mean: Float64Array;
  readonly passing: Float64Array;
}

/** Channels that the activation cuts off nearly always say nothing about their bias. */
const leastPassing = 0.05;

/** Biases that make the mean of every linear layer's result what it is in the float network; one set per layer's result. */
export async function correctBiases(
  network: FloatNetwork,
  samples: SampleSource,
  decisions: Decisions,
  { passes = 16 }: CorrectBiasesOptions = {},
): Promise<ReadonlyMap<string, Float32Array>> {
  const layers = fittedLayers(network, decisions);
  const biases = new Map(decisions.biases);
  const means = async (known: Decisions | undefined, some: readonly FittedLayer[]) => {
    const sums = new Map(some.map((layer) => [layer, new ChannelSums(layer)]));
    await eachTensor(network, known, samples, some, 'result', (layer, y) => sums.get(layer)?.add(y));
    return (layer: FittedLayer) => sums.get(layer)?.finish();
  };
  const float = await means(undefined, layers);
  const step = Math.ceil(layers.length / passes);
  for (let first = 0; first < layers.length; first += step) {
    const wave = layers.slice(first, first + step);
    const quantized = await means({ ...decisions, biases }, wave);
    for (const layer of wave) {
      const before = biases.get(layer.name) ?? layer.bias ?? new Float32Array(layer.channels);
      const [x, y] = [float(layer), quantized(layer)];
      if (x === undefined || y === undefined) continue;
      const bounds = biasBounds(layer, decisions);
      biases.set(
        layer.name,
        before.map((b, c) => Math.min(bounds[c]!, Math.max(-bounds[c]!, b + shift(x, y, c)))),
      );
    }
  }
  return biases;
}

/** Biases beyond these would make the plan choose larger scales than the weights were rounded by. */
function biasBounds({ name, inputScale, bias }: FittedLayer, { weightScales }: Decisions): Float32Array {
  const scales = weightScales.get(name) ?? new Float32Array();
  return safeScales(scales, inputScale, bias).map((scale) => scale * inputScale * maxBias * (1 - 2 ** -20));
}

/** The mean moves by the bias's shift for the share of values that passes. */
function shift(float: ChannelMeans, quantized: ChannelMeans, c: number): number {
  const passing = float.passing[c]!;
  const moved = (float.mean[c]! - quantized.mean[c]!) / passing;
  return passing >= leastPassing && Number.isFinite(moved) ? moved : 0;
}

class ChannelSums {
  readonly #sums: Float64Array;
  readonly #passing: Float64Array;
  readonly #low: number;
  readonly #high: number;
  #rows = 0;

  constructor({ op, channels }: FittedLayer) {
    [this.#low, this.#high] = op.attributes.clamp as readonly [number, number];
    this.#sums = new Float64Array(channels);
    this.#passing = new Float64Array(channels);
  }

  add(y: Float32Array): void {
    const channels = this.#sums.length;
    for (let at = 0; at < y.length; at += channels, this.#rows++)
      for (let c = 0; c < channels; c++) {
        const v = y[at + c]!;
        this.#sums[c]! += v;
        if (v > this.#low && v < this.#high) this.#passing[c]!++;
      }
  }

  finish(): ChannelMeans {
    const rows = Math.max(1, this.#rows);
    return { mean: this.#sums.map((v) => v / rows), passing: this.#passing.map((v) => v / rows) };
  }
}
