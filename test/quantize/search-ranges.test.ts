// The search for ranges by the network's outputs: what outputs do not show may be cut off.
import { expect, it } from 'vitest';
import { tensorGroups } from '../../passes/quantization/tensor-groups.ts';
import { groupRange } from '../../src/quantize/plan.ts';
import { quantize } from '../../src/quantize/quantize.ts';
import { simulation } from '../../src/quantize/range-search/simulation.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import { samplesOf } from '../../src/samples/sample-source.ts';
import { networkOf } from './calibration-networks.ts';

const random = seededRandom(11);
const list = (count: number, of: (i: number) => number) =>
  `dense<[${Array.from({ length: count }, (_, i) => Math.fround(of(i)).toPrecision(9)).join(', ')}]>`;

/** The last of four input channels meets weights of 0. */
const blind = `module @blind
func @main(%x "x": tensor<1x8x8x4xf32>) {
  %w1 = constant {value = ${list(288, (i) => (i % 4 === 3 ? 0 : random() - 0.5))}} : tensor<8x3x3x4xf32>
  %a = conv2d %x, %w1, _ {pad = [1, 1, 1, 1], clamp = [0, inf]} : tensor<1x8x8x8xf32>
  %w2 = constant {value = ${list(16, () => random() - 0.5)}} : tensor<2x1x1x8xf32>
  %y = conv2d %a, %w2, _ : tensor<1x8x8x2xf32>
  return %y "y"
}`;

/** Noise, with rare spikes in the last channel. */
const samples = samplesOf(
  Array.from({ length: 16 }, () => ({
    x: Float32Array.from({ length: 256 }, (_, i) => {
      const spike = i % 4 === 3 && random() < 0.1 ? 60 : 1;
      return spike * (2 * random() - 1);
    }),
  })),
);

it('cuts off what the outputs do not depend on', { timeout: 60_000 }, async () => {
  const network = await networkOf(blind);
  const options = { weights: 'nearest', equalize: false } as const;
  const [plain, searched] = [
    await quantize(network.program, samples, { ...options, method: 'minmax' }),
    await quantize(network.program, samples, { ...options, method: 'auto' }),
  ];
  const [wide, narrow] = [plain, searched].map(({ decisions }) => decisions.ranges.get('x')?.high ?? 0);
  expect(wide).toBeGreaterThan(50);
  expect(narrow).toBeLessThan(wide! / 4);
  expect(narrow).toBeGreaterThan(0.9);
});

it('simulates under the names of the network', async () => {
  const network = await networkOf(blind);
  const { decisions } = await quantize(network.program, samples, { method: 'minmax' });
  const known = [...tensorGroups(network.module().entry, decisions.ties).values()];
  for (const { group } of simulation(network, decisions).groups) {
    const same = known.find(({ name }) => name === group.name);
    expect(group.members.map((v) => v.name)).toEqual(same?.members.map((v) => v.name));
    expect(groupRange(group, decisions, 'i8').high).toBeGreaterThan(0);
  }
});
