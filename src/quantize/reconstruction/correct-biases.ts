// Bias correction: each layer's bias takes back what quantization, of its weights and of everything before it, has done to
// the mean of its result. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019),
// section 4.2, with means over samples, and behind the layer's activation: what an activation cuts off needs no correction.
import type { SampleSource } from '../../samples/sample-source.ts';
import type { FloatNetwork } from '../float-network.ts';
import { type Decisions, maxBias, safeScales } from '../plan.ts';
import { biasShifts, ChannelSums } from './channel-sums.ts';
import { eachOwnError, eachTensor, type FittedLayer, fittedLayers } from './layer-tensors.ts';

/** Networks of more layers are corrected layer by layer at once: running them as often as they have layers takes too long. */
const mostInSequence = 16;

/** Runs in which all layers are corrected at once, each seeing what the one before did to the others. */
const rounds = 2;

/** Biases that make the mean of every linear layer's result what it is in the float network, by the layers' results. */
export async function correctBiases(
  network: FloatNetwork,
  samples: SampleSource,
  decisions: Decisions,
): Promise<ReadonlyMap<string, Float32Array>> {
  const layers = fittedLayers(network, decisions);
  const correct = layers.length > mostInSequence ? correctOwn : correctInSequence;
  return correct(network, samples, decisions, layers);
}

/** One layer after the other: each takes back what all rounding before it has done to its mean. */
async function correctInSequence(
  network: FloatNetwork,
  samples: SampleSource,
  decisions: Decisions,
  layers: readonly FittedLayer[],
): Promise<ReadonlyMap<string, Float32Array>> {
  const biases = new Map(decisions.biases);
  const means = async (known: Decisions | undefined, some: readonly FittedLayer[]) => {
    const sums = new Map(some.map((layer) => [layer, new ChannelSums(layer)]));
    await eachTensor(network, known, samples, some, 'result', (layer, y) => sums.get(layer)?.add(y));
    return sums;
  };
  const float = await means(undefined, layers);
  for (const layer of layers) {
    const quantized = await means({ ...decisions, biases }, [layer]);
    biases.set(layer.name, corrected(layer, { ...decisions, biases }, float.get(layer), quantized.get(layer)));
  }
  return biases;
}

/** All layers at once: each takes back what its own rounding does to its mean, so that nothing is taken back twice. */
async function correctOwn(
  network: FloatNetwork,
  samples: SampleSource,
  decisions: Decisions,
  layers: readonly FittedLayer[],
): Promise<ReadonlyMap<string, Float32Array>> {
  let biases = new Map(decisions.biases);
  for (let round = 0; round < rounds; round++) {
    const known = { ...decisions, biases };
    const [unrounded, rounded] = [new Map<FittedLayer, ChannelSums>(), new Map<FittedLayer, ChannelSums>()];
    for (const layer of layers) {
      unrounded.set(layer, new ChannelSums(layer));
      rounded.set(layer, new ChannelSums(layer));
    }
    await eachOwnError(network, known, samples, layers, (layer, x, y) => {
      unrounded.get(layer)?.add(x);
      rounded.get(layer)?.add(y);
    });
    biases = new Map([
      ...biases,
      ...layers.map((l) => [l.name, corrected(l, known, unrounded.get(l), rounded.get(l))] as const),
    ]);
  }
  return biases;
}

function corrected(layer: FittedLayer, decisions: Decisions, wanted?: ChannelSums, found?: ChannelSums): Float32Array {
  const before = decisions.biases?.get(layer.name) ?? layer.bias ?? new Float32Array(layer.channels);
  if (wanted === undefined || found === undefined) return before;
  const [x, y] = [wanted.finish(), found.finish()];
  const bounds = biasBounds(layer, decisions);
  const shifts = biasShifts(x, x.mean, y.mean);
  return before.map((b, c) => Math.min(bounds[c]!, Math.max(-bounds[c]!, b + (shifts[c] ?? 0))));
}

/** Biases beyond these would make the plan choose larger scales than the weights were rounded by. */
function biasBounds({ name, inputScale, bias }: FittedLayer, { weightScales }: Decisions): Float32Array {
  const scales = weightScales.get(name) ?? new Float32Array();
  return safeScales(scales, inputScale, bias).map((scale) => scale * inputScale * maxBias * (1 - 2 ** -20));
}
