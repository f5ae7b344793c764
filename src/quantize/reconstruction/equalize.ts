// The float network with the channels between its linear operators equalized, and those of its ports, by what calibration
// has seen of them.
import type { Op, Value } from '../../../ir/module.ts';
import {
  type ChannelFactors,
  type ChannelSpread,
  equalizingFactors,
  scaleChannels,
} from '../../../passes/quantization/equalize-channels.ts';
import { curveScalings, scaleCurves } from '../../../passes/quantization/scale-curves.ts';
import { portScalings, scalePorts } from '../../../passes/quantization/scale-ports.ts';
import type { NetworkStatistics } from '../calibrate.ts';
import type { FloatNetwork } from '../float-network.ts';

export interface EqualizeOptions {
  /** Which linear operators may have ports scaled that they read or give; none where ports are integers. */
  readonly besidePorts: (op: Op) => boolean;
}

/**
 * A network of the same outputs, but for the last bits, whose tensors quantize better; undefined where all stays as it is.
 * Its tensors have other ranges under the same names: statistics have to be taken anew.
 */
export function equalize(
  network: FloatNetwork,
  statistics: NetworkStatistics,
  { besidePorts }: EqualizeOptions,
): FloatNetwork | undefined {
  const scalings = portScalings(network.module().entry, (v) => extremesOf(v, statistics), besidePorts);
  const scaled = network.module();
  const { ranges, conversions } = scalePorts(scaled.entry, scalings);
  const curves = curveScalings(scaled.entry, (v) => spreadOf(v.name, statistics));
  const products = scaleCurves(scaled.entry, curves);
  const own = new Map([...products].map(([result, product]) => [product, result]));
  const spread = (v: Value) => spreadOf(own.get(v.name) ?? v.name, statistics);
  const factors: ChannelFactors = equalizingFactors(scaled.entry, spread, new Set(own.keys()));
  if (factors.size === 0 && scalings.size === 0 && curves.length === 0) return undefined;
  return {
    program: network.program,
    ports: { ranges, conversions: new Set([...network.ports.conversions, ...conversions]) },
    module() {
      const module = network.module();
      scalePorts(module.entry, scalings);
      scaleCurves(module.entry, curves);
      scaleChannels(module.entry, factors, new Set(own.keys()));
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

function spreadOf(name: string, statistics: NetworkStatistics): ChannelSpread | undefined {
  const seen = statistics.get(name);
  if (seen === undefined || seen.count === 0) return undefined;
  const power = seen.channelMeanSquare;
  const most = power.map((p) => mostDeviations * Math.sqrt(p));
  // What was never seen has extremes of the wrong signs.
  const low = most.map((m, c) => Math.max(-m, Math.min(0, seen.channelMin[c] ?? 0)));
  const high = most.map((m, c) => Math.min(m, Math.max(0, seen.channelMax[c] ?? 0)));
  return { low, high, power };
}

function extremesOf(value: Value, statistics: NetworkStatistics) {
  const seen = statistics.get(value.name);
  return seen && { low: seen.channelMin, high: seen.channelMax };
}
