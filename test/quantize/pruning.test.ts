// Pruning: the share that was asked, little of what layers compute lost by it, and zeros that stay zeros.
import { describe, expect, it } from 'vitest';
import { compare, quantize } from '../../src/index.ts';
import { type FloatNetwork, floatNetwork } from '../../src/quantize/float-network.ts';
import { linearLayers } from '../../src/quantize/plan.ts';
import { prunedNetwork } from '../../src/quantize/pruning/prune-network.ts';
import { prunedRow, rowPower } from '../../src/quantize/pruning/prune-row.ts';
import { pruneWeights } from '../../src/quantize/pruning/prune-weights.ts';
import { ChannelSums } from '../../src/quantize/reconstruction/channel-sums.ts';
import { eachTensor, patchedLayers } from '../../src/quantize/reconstruction/layer-tensors.ts';
import { cholesky } from '../../src/quantize/reconstruction/nearest-plane.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import { samplesOf } from '../../src/samples/sample-source.ts';
import { networkOf } from './calibration-networks.ts';

const random = seededRandom(17);
const noise = () => 2 * random() - 1;

function constant(...shape: number[]): string {
  const values = Array.from({ length: shape.reduce((a, b) => a * b) }, () => noise().toFixed(6));
  return `constant {value = dense<[${values.join(', ')}]>} : tensor<${shape.join('x')}xf32>`;
}

/** Layers whose inputs are alike in neighbouring places, as those of pictures are. */
const network = await networkOf(`module @net
func @main(%x "x": tensor<1x12x12x8xf32>) {
  %w1 = ${constant(16, 3, 3, 8)}
  %b1 = ${constant(16)}
  %c1 = conv2d %x, %w1, %b1 {pad = [1, 1, 1, 1], clamp = [0, inf]} : tensor<1x12x12x16xf32>
  %w2 = ${constant(1, 3, 3, 16)}
  %b2 = ${constant(16)}
  %c2 = depthwise_conv2d %c1, %w2, %b2 {pad = [1, 1, 1, 1], clamp = [0, inf]} : tensor<1x12x12x16xf32>
  %w3 = ${constant(24, 1, 1, 16)}
  %y = conv2d %c2, %w3, _ : tensor<1x12x12x24xf32>
  return %y "y"
}`);

/** Pictures of a few waves: channels and places follow each other. */
const samples = samplesOf(
  Array.from({ length: 12 }, () => {
    const waves = Array.from({ length: 3 }, () => [noise(), noise() / 2, noise() / 2, 3 * noise()] as const);
    const value = (i: number, j: number, c: number) =>
      waves.reduce((sum, [size, u, v, w]) => sum + size * Math.sin(u * i + v * j + w + c / 4), 0.02 * noise());
    const x = Float32Array.from({ length: 12 * 12 * 8 }, (_, k) =>
      value(Math.floor(k / 96), Math.floor(k / 8) % 12, k % 8),
    );
    return { x };
  }),
);

const zerosOf = (net: FloatNetwork): number => {
  const all = linearLayers(net.module().entry).flatMap(({ weights }) => Array.from(weights.data, Number));
  return all.filter((w) => w === 0).length / all.length;
};

describe('prunedRow', () => {
  /** Inputs that are nearly sums of three others. */
  const length = 12;
  const hessian = (() => {
    const mixes = Array.from({ length }, () => [noise(), noise(), noise()]);
    return Float64Array.from({ length: length ** 2 }, (_, i) => {
      const [a, b] = [Math.floor(i / length), i % length];
      return mixes[a]!.reduce((sum, m, k) => sum + m * mixes[b]![k]!, a === b ? 0.01 : 0);
    });
  })();
  const row = { weights: Float64Array.from({ length }, noise), lower: cholesky(hessian) };

  it('lets the weights that stay make up for those that go', () => {
    const left = prunedRow(row, 0.02);
    const zeros = left.filter((w) => w === 0).length;
    expect(zeros).toBeGreaterThan(3);
    expect(zeros).toBeLessThan(length);
    const least = row.weights.map(Math.abs).sort()[zeros - 1] ?? 0;
    const cut = row.weights.map((w) => (Math.abs(w) <= least ? 0 : w));
    const lost = (weights: Float64Array) =>
      rowPower({ ...row, weights: weights.map((w, k) => w - (row.weights[k] ?? 0)) });
    expect(lost(left)).toBeLessThan(lost(cut) / 4);
  });

  it('leaves all as it is, or nothing', () => {
    expect(prunedRow(row, 0)).toEqual(row.weights);
    expect(prunedRow(row, Number.POSITIVE_INFINITY).every((w) => w === 0)).toBe(true);
  });
});

describe('prunedNetwork', () => {
  it.each([0, 0.25, 0.5, 0.8, 1])('sets the share %f to 0', async (sparsity) => {
    expect(Math.abs(zerosOf(await prunedNetwork(network, samples, sparsity)) - sparsity)).toBeLessThan(0.01);
  });

  it('keeps means and deviations of results', async () => {
    const figures = async (net: FloatNetwork) => {
      const last = patchedLayers(net.module().entry).slice(-1);
      const sums = new ChannelSums(last[0]!);
      await eachTensor(net, undefined, samples, last, 'result', (_, y) => sums.add(y));
      return sums.finish();
    };
    const [before, after] = [await figures(network), await figures(await prunedNetwork(network, samples, 0.5))];
    for (const [c, d] of before.deviation.entries()) {
      expect(Math.abs((after.mean[c] ?? 0) - (before.mean[c] ?? 0))).toBeLessThan(1e-3 * d);
      expect(Math.abs((after.deviation[c] ?? 0) - d)).toBeLessThan(1e-3 * d);
    }
  });
});

describe('quantize', () => {
  it('loses much less than by magnitude', async () => {
    const snr = async (options: Parameters<typeof quantize>[2], of = network) =>
      (await compare(await quantize(of.program, samples, { method: 'minmax', ...options }), samples)).outputs[0]?.snr ??
      0;
    const half = { ...network.program, module: () => withMagnitudes(network) };
    const byMagnitude = (await compare({ float: network.program, quantized: half }, samples)).outputs[0]?.snr ?? 0;
    expect(await snr({ prune: 0.5 })).toBeGreaterThan(byMagnitude + 6);
  });

  it.each(['nearest', 'learned'] as const)('keeps zeros in integers: %s', async (weights) => {
    const { program, network: net } = await quantize(network.program, samples, { weights, prune: 0.6 });
    const shares = program.module().entry.ops.flatMap(({ attributes: { value } }) => {
      if (typeof value !== 'object' || !('data' in value) || value.type.element !== 'i8') return [];
      return [[Array.from(value.data, Number).filter((q) => q === 0).length, value.data.length] as const];
    });
    const [zeros, all] = [0, 1].map((i) => shares.reduce((sum, share) => sum + (share[i] ?? 0), 0));
    expect((zeros ?? 0) / (all ?? 1)).toBeGreaterThanOrEqual(zerosOf(net));
    expect(zerosOf(net)).toBeGreaterThan(0.59);
  });

  it('prunes by magnitude where there are no samples', async () => {
    const { network: net } = await quantize(network.program, samplesOf([]), { weightOnly: true, prune: 0.25 });
    for (const { weights } of linearLayers(net.module().entry)) {
      const zeros = Array.from(weights.data, Number).filter((w) => w === 0).length;
      expect(zeros).toBe(Math.floor(weights.data.length / 4));
    }
  });
});

/** Half of each layer's weights at 0. */
function withMagnitudes({ program }: FloatNetwork) {
  return floatNetwork(program, (module) => pruneWeights(module, 0.5)).module();
}
