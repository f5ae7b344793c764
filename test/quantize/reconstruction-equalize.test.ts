// Equalization of channels: the same outputs, narrower ranges, and hands off what it would change.
import { describe, expect, test } from 'vitest';
import { Builder } from '../../ir/builder.ts';
import { Func, Module, type Value } from '../../ir/module.ts';
import { add } from '../../ir/ops/add.ts';
import { concat } from '../../ir/ops/concat.ts';
import { constant } from '../../ir/ops/constant.ts';
import { conv2d } from '../../ir/ops/conv2d.ts';
import { depthwiseConv2d } from '../../ir/ops/depthwise-conv2d.ts';
import { fullyConnected } from '../../ir/ops/fully-connected.ts';
import { logistic } from '../../ir/ops/logistic.ts';
import { pad } from '../../ir/ops/pad.ts';
import { maxPool2d } from '../../ir/ops/pool2d.ts';
import { reduceMean } from '../../ir/ops/reduce-sum.ts';
import { resizeBilinear } from '../../ir/ops/resize-bilinear.ts';
import { slice } from '../../ir/ops/slice.ts';
import { unbounded } from '../../ir/quantized.ts';
import { elementCount, tensorType } from '../../ir/types.ts';
import { verifyModule } from '../../ir/verifier.ts';
import { equalizingFactors, scaleChannels } from '../../passes/quantization/equalize-channels.ts';
import { programOf } from '../../src/program.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { compileToWasm, floatNetwork } from '../../src/quantize/float-network.ts';
import { equalize } from '../../src/quantize/reconstruction/equalize.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import { samplesOf } from '../../src/samples/sample-source.ts';

const relu = [0, Number.POSITIVE_INFINITY];
const shape = [1, 6, 5, 4];

/** Weights whose output channels differ by up to 2^5 in size. */
class Network {
  readonly func = new Func('net');
  readonly b = new Builder(this.func, this.func.ops);
  readonly x = this.func.addInput('x', tensorType('f32', shape));
  readonly #random = seededRandom(3);

  weights(of: readonly number[], axis: number): Value {
    const type = tensorType('f32', of);
    const stride = of.slice(axis + 1).reduce((a, n) => a * n, 1);
    const data = Float32Array.from({ length: elementCount(of) }, (_, i) => {
      const channel = Math.floor(i / stride) % of[axis]!;
      return (this.#random() * 2 - 1) * 2 ** -(channel % 6);
    });
    return this.b.create(constant, [], { value: { type, data } }, type, 'w');
  }

  conv(x: Value, channels: number, clamp: readonly number[] = relu): Value {
    const depth = x.type.shape[3]!;
    return this.b.create(conv2d, [x, this.weights([channels, 1, 1, depth], 0), this.weights([channels], 0)], { clamp });
  }

  depthwise(x: Value): Value {
    const channels = x.type.shape[3]!;
    const attributes = { pad: [1, 1, 1, 1], clamp: relu };
    return this.b.create(depthwiseConv2d, [x, this.weights([1, 3, 3, channels], 3)], attributes);
  }

  returning(y: Value): Module {
    this.func.addOutput('y', y);
    const module = new Module('net');
    module.functions.push(this.func);
    return module;
  }
}

/** Convolution, depthwise, convolution, and a layer over the flattened image. */
function chain(): Module {
  const net = new Network();
  const last = net.conv(net.depthwise(net.conv(net.x, 8)), 6);
  return net.returning(net.b.create(fullyConnected, [last, net.weights([3, 180], 0)], {}));
}

const inputs = () => {
  const random = seededRandom(9);
  return Array.from({ length: 6 }, () => Float32Array.from({ length: 120 }, () => random() * 4 - 1));
};

const outputsOf = (module: Module) => {
  const wasm = compileToWasm(module);
  return inputs().map((x) => wasm.run([x])[0] as Float32Array);
};

const spread = ({ type }: Value) => {
  const channels = type.shape.at(-1) ?? 1;
  const high = Float64Array.from({ length: channels }, (_, c) => 2 ** -(c % 6));
  return { low: high.map((h) => -h / 8), high, power: high.map((h) => (h * h) / 3) };
};

describe('equalize', () => {
  const network = floatNetwork(programOf('chain', 'none', () => ({ module: chain(), diagnostics: [] })));
  const samples = samplesOf(inputs().map((x) => ({ x })));

  test('keeps the outputs but for the last bits, whenever the module is made', async () => {
    const equalized = equalize(network, await calibrate(network, samples), { besidePorts: () => true });
    if (equalized === undefined) throw new Error('nothing was equalized');
    const before = outputsOf(network.module());
    for (const after of [outputsOf(equalized.module()), outputsOf(equalized.module())])
      for (const [i, y] of before.entries()) {
        const size = Math.max(...y.map(Math.abs));
        for (const [k, v] of y.entries()) expect(Math.abs(after[i]![k]! - v)).toBeLessThan(1e-5 * size);
      }
  });

  test('brings the ranges of channels between linear operators together', async () => {
    const before = await calibrate(network, samples);
    const after = await calibrate(equalize(network, before, { besidePorts: () => false }) ?? network, samples);
    const shares = (statistics: typeof before) =>
      [...statistics].slice(1, -1).map(([, { channelMax, max }]) => {
        const alive = channelMax.filter((v) => v > 0);
        return alive.reduce((sum, v) => sum + v / max, 0) / alive.length;
      });
    const [narrow, wide] = [shares(before), shares(after)];
    expect(narrow.length).toBe(3);
    for (const [i, share] of wide.entries()) expect(share).toBeGreaterThan(1.1 * narrow[i]!);
  });
});

/** The function's outputs with and without the factors that are found for it, and these. */
function scaledAndNot(build: () => Module) {
  const [before, after] = [build(), build()];
  const factors = equalizingFactors(after.entry, spread);
  scaleChannels(after.entry, factors);
  expect(verifyModule(after)).toEqual([]);
  return { factors, before: outputsOf(before), after: outputsOf(after) };
}

const unlike = (factors: Float64Array | undefined) => new Set(factors).size > 1;

describe('equalizingFactors', () => {
  test('finds factors for all tensors of a chain', () => {
    const { factors } = scaledAndNot(chain);
    expect([...factors.values()].filter(unlike).length).toBe(3);
  });

  test.each<[string, (net: Network) => Value, number]>([
    [
      'a sum of what two convolutions give',
      (net) => {
        const a = net.conv(net.x, 4, unbounded);
        return net.conv(net.b.create(add, [a, net.conv(net.x, 4, unbounded)], { clamp: relu }), 4);
      },
      3,
    ],
    [
      'a residual around a convolution',
      (net) => {
        const a = net.conv(net.x, 4);
        return net.conv(net.b.create(add, [a, net.conv(a, 4)], {}), 4);
      },
      3,
    ],
    [
      'pools, borders and interpolation',
      (net) => {
        const pooled = net.b.create(maxPool2d, [net.conv(net.x, 6)], {
          kernel: [2, 2],
          stride: [2, 2],
          pad: [0, 0, 0, 0],
        });
        const padded = net.b.create(pad, [pooled], { before: [0, 1, 0, 0], after: [0, 0, 1, 0] });
        return net.conv(net.b.create(resizeBilinear, [padded], { size: [7, 5] }), 3);
      },
      4,
    ],
    [
      'two tensors one behind the other, and a part of them',
      (net) => {
        const joined = net.b.create(concat, [net.conv(net.x, 4), net.conv(net.x, 3)], { axis: 3 });
        const part = net.b.create(slice, [joined], { start: [0, 0, 0, 2], size: [1, 6, 5, 4] });
        return net.b.create(add, [net.conv(joined, 2), net.conv(part, 2)], {});
      },
      4,
    ],
    [
      'channels of zeros',
      (net) => {
        const wide = net.b.create(pad, [net.conv(net.x, 4)], { before: [0, 0, 0, 1], after: [0, 0, 0, 2] });
        return net.conv(wide, 4);
      },
      2,
    ],
    [
      'a mean over positions',
      (net) => {
        const mean = net.b.create(reduceMean, [net.conv(net.x, 8)], { axes: [1, 2] });
        return net.b.create(fullyConnected, [mean, net.weights([3, 8], 0)], {});
      },
      2,
    ],
  ])('passes %s', (_, build, tensors) => {
    const { factors, before, after } = scaledAndNot(() => {
      const net = new Network();
      return net.returning(build(net));
    });
    expect([...factors.values()].filter(unlike).length).toBe(tensors);
    for (const [i, y] of before.entries()) {
      const size = Math.max(...y.map(Math.abs));
      expect(size).toBeGreaterThan(0);
      for (const [k, v] of y.entries()) expect(Math.abs(after[i]![k]! - v)).toBeLessThan(1e-5 * size);
    }
  });

  test('turns channels that are mostly negative, where nothing cuts off', () => {
    const negative = (v: Value) => {
      const { low, high, power } = spread(v);
      const turned = (c: number) => c % 2 === 1;
      return {
        low: low.map((l, c) => (turned(c) ? -high[c]! : l)),
        high: high.map((h, c) => (turned(c) ? -low[c]! : h)),
        power,
      };
    };
    const factorsFor = (clamp: readonly number[]) => {
      const net = new Network();
      const module = net.returning(net.conv(net.conv(net.x, 4, clamp), 4));
      return [...equalizingFactors(module.entry, negative).values()].map((f) => f.map(Math.sign));
    };
    expect(factorsFor(unbounded)).toEqual([Float64Array.of(1, -1, 1, -1)]);
    expect(factorsFor(relu)).toEqual([Float64Array.of(1, 1, 1, 1)]);
  });

  test.each<[string, (net: Network) => Value]>([
    ['an activation with an upper bound', (net) => net.conv(net.conv(net.x, 4, [0, 6]), 4)],
    ['an activation that does not start at 0', (net) => net.conv(net.conv(net.x, 4, [-1, Infinity]), 4)],
    [
      'a tensor that is returned',
      (net) => {
        const a = net.conv(net.x, 4);
        net.func.addOutput('a', a);
        return net.conv(a, 4);
      },
    ],
    ['a sum with an input', (net) => net.conv(net.b.create(add, [net.conv(net.x, 4), net.x], {}), 4)],
    ['what a curve reads', (net) => net.conv(net.b.create(logistic, [net.conv(net.x, 4)]), 4)],
    [
      'a border that is not 0',
      (net) => {
        const padded = net.b.create(pad, [net.conv(net.x, 4)], { before: [0, 1, 0, 0], after: [0, 0, 0, 0], value: 1 });
        return net.conv(padded, 4);
      },
    ],
    [
      'a mean over channels',
      (net) => {
        const mean = net.b.create(reduceMean, [net.conv(net.x, 4)], { axes: [3], keep_dims: true });
        return net.conv(mean, 4);
      },
    ],
    [
      'weights that two operators read',
      (net) => {
        const w = net.weights([4, 1, 1, 4], 0);
        const a = net.b.create(conv2d, [net.x, w], { clamp: relu });
        return net.b.create(conv2d, [a, w], {});
      },
    ],
  ])('leaves %s alone', (_, build) => {
    const net = new Network();
    const module = net.returning(build(net));
    expect([...equalizingFactors(module.entry, spread).values()].filter(unlike)).toEqual([]);
  });
});
