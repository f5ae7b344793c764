// The float network with the channels between its linear operators equalized, by what calibration has seen of them.
import type { Value } from '../../../ir/module.ts';
import {
  type ChannelFactors,
  type ChannelSpread,
  equalizeChannels,
  scaleChannels,
} from '../../../passes/quantization/equalize-channels.ts';
import type { NetworkStatistics } from '../calibrate.ts';
import type { FloatNetwork } from '../float-network.ts';

/**
 * A network of the same outputs, but for the last bits, whose tensors quantize better. Its tensors have other ranges under
 * the same names: statistics have to be taken anew.
 */
export function equalize(network: FloatNetwork, statistics: NetworkStatistics): FloatNetwork {
  let factors: ChannelFactors | undefined;
  return {
    program: network.program,
    module() {
      const module = network.module();
      if (factors === undefined) factors = equalizeChannels(module.entry, (v) => spreadOf(v, statistics));
      else scaleChannels(module.entry, factors);
      return module;
    },
  };
}

function spreadOf(value: Value, statistics: NetworkStatistics): ChannelSpread | undefined {
  const seen = statistics.get(value.name);
  if (seen === undefined || seen.count === 0) return undefined;
  const { channelMin, channelMax } = seen;
  // What was never seen has extremes of the wrong signs, and spans nothing.
  const span = Float64Array.from(channelMax, (most, c) => Math.max(0, most) - Math.min(0, channelMin[c] ?? 0));
  return { span, power: seen.channelMeanSquare };
}
