// Small float networks with seeded weights, for tests of comparison.
import { type Quantized, quantize } from '../../src/quantize/quantize.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import type { SampleSource } from '../../src/samples/sample-source.ts';
import { networkOf, randomSamples } from '../quantize/calibration-networks.ts';

/** A constant in the tensor IR with seeded values. */
function weights(shape: readonly number[], random: () => number): string {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: count }, () => (2 * random() - 1).toFixed(4));
  return `constant {value = dense<[${values.join(', ')}]>} : tensor<${shape.join('x')}xf32>`;
}

/** Three convolutions in a chain: %a and %b with a ReLU each, %c without. */
export function chain(): string {
  const random = seededRandom(11);
  const layer = (name: string, input: string, extent: number, channels: readonly [number, number], clamp: string) => `
  %${name}_w = ${weights([channels[1], 1, 1, channels[0]], random)}
  %${name}_b = ${weights([channels[1]], random)}
  %${name} = conv2d %${input}, %${name}_w, %${name}_b${clamp} : tensor<1x${extent}x${extent}x${channels[1]}xf32>`;
  const relu = ' {clamp = [0, inf]}';
  return `module @chain
func @main(%x "x": tensor<1x6x6x8xf32>) {${layer('a', 'x', 6, [8, 8], relu)}${layer('b', 'a', 6, [8, 8], relu)}${layer('c', 'b', 6, [8, 5], '')}
  return %c "scores"
}`;
}

export interface Subject {
  readonly quantized: Quantized;
  readonly samples: SampleSource;
}

/** The network of a text, quantized by the extremes of 16 samples, and 12 samples more. */
export async function quantizedChain(text = chain()): Promise<Subject> {
  const network = await networkOf(text);
  const quantized = await quantize(network.program, randomSamples(network, 16), { method: 'minmax' });
  return { quantized, samples: randomSamples(network, 12, 8) };
}
