// The float network with the channels between its linear operators equalized, by what calibration has seen of them.
import type { Value } from '../../../ir/module.ts';
import {
  type ChannelFactors,
  type ChannelSpread,
  equalizingFactors,
  scaleChannels,
} from '../../../passes/quantization/equalize-channels.ts';
import type { NetworkStatistics } from '../calibrate.ts';
import type { FloatNetwork } from '../float-network.ts';

/**
 * A network of the same outputs, but for the last bits, whose tensors quantize better; undefined where all stays as it is.
 * Its tensors have other ranges under the same names: statistics have to be taken anew.
 */
export function equalize(network: FloatNetwork, statistics: NetworkStatistics): FloatNetwork | undefined {
  const factors: ChannelFactors = equalizingFactors(network.module().entry, (v) => spreadOf(v, statistics));
  if (factors.size === 0) return undefined;
  return {
    program: network.program,
    module() {
      const module = network.module();
      scaleChannels(module.entry, factors);
      return module;
    },
  };
}

/**
 * Root mean squares beyond which extremes do not count: ranges will leave them out. With 8 bits the range of least error
 * ends at 9.89 b for a Laplace distribution, whose root mean square is 1.41 b (Banner et al., "Post Training 4-bit
 * Quantization of Convolutional Networks for Rapid-Deployment" (2019), section 3.1): at 7. Activations have longer tails.
 */
const mostDeviations = 9;

function spreadOf(value: Value, statistics: NetworkStatistics): ChannelSpread | undefined {
  const seen = statistics.get(value.name);
  if (seen === undefined || seen.count === 0) return undefined;
  const power = seen.channelMeanSquare;
  const most = power.map((p) => mostDeviations * Math.sqrt(p));
  // What was never seen has extremes of the wrong signs.
  const low = most.map((m, c) => Math.max(-m, Math.min(0, seen.channelMin[c] ?? 0)));
  const high = most.map((m, c) => Math.min(m, Math.max(0, seen.channelMax[c] ?? 0)));
  return { low, high, power };
}
