// Equalization of channels: the same outputs, narrower ranges, and hands off what it would change.
import { describe, expect, test } from 'vitest';
import { Builder } from '../../ir/builder.ts';
import { Func, Module, type Value } from '../../ir/module.ts';
import { add } from '../../ir/ops/add.ts';
import { constant } from '../../ir/ops/constant.ts';
import { conv2d } from '../../ir/ops/conv2d.ts';
import { depthwiseConv2d } from '../../ir/ops/depthwise-conv2d.ts';
import { fullyConnected } from '../../ir/ops/fully-connected.ts';
import { elementCount, tensorType } from '../../ir/types.ts';
import { verifyModule } from '../../ir/verifier.ts';
import { equalizeChannels, scaleChannels } from '../../passes/quantization/equalize-channels.ts';
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
  const span = Float64Array.from({ length: channels }, (_, c) => 2 ** -(c % 6));
  return { span, power: span.map((s) => (s * s) / 3) };
};

describe('equalize', () => {
  const network = floatNetwork(programOf('chain', 'none', () => ({ module: chain(), diagnostics: [] })));
  const samples = samplesOf(inputs().map((x) => ({ x })));

  test('keeps the outputs but for the last bits, whenever the module is made', async () => {
    const equalized = equalize(network, await calibrate(network, samples));
    const before = outputsOf(network.module());
    for (const after of [outputsOf(equalized.module()), outputsOf(equalized.module())])
      for (const [i, y] of before.entries()) {
        const size = Math.max(...y.map(Math.abs));
        for (const [k, v] of y.entries()) expect(Math.abs(after[i]![k]! - v)).toBeLessThan(1e-5 * size);
      }
  });

  test('brings the ranges of channels between linear operators together', async () => {
    const before = await calibrate(network, samples);
    const after = await calibrate(equalize(network, before), samples);
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

describe('equalizeChannels', () => {
  test('scales pairs in a row, and knows the factors again', () => {
    const [first, second] = [chain(), chain()];
    const factors = equalizeChannels(first.entry, spread);
    expect(factors.size).toBe(3);
    expect(verifyModule(first)).toEqual([]);
    scaleChannels(second.entry, factors);
    expect(outputsOf(second)).toEqual(outputsOf(first));
  });

  test.each([
    [
      'a tensor that two operators use',
      (net: Network) => {
        const a = net.conv(net.x, 4);
        return net.b.create(add, [a, net.conv(a, 4)], {});
      },
    ],
    ['an activation with an upper bound', (net: Network) => net.conv(net.conv(net.x, 4, [0, 6]), 4)],
    ['an activation that does not start at 0', (net: Network) => net.conv(net.conv(net.x, 4, [-1, Infinity]), 4)],
    [
      'a tensor that is returned',
      (net: Network) => {
        const a = net.conv(net.x, 4);
        net.func.addOutput('a', a);
        return net.conv(a, 4);
      },
    ],
    ['a sum behind a convolution', (net: Network) => net.conv(net.b.create(add, [net.conv(net.x, 4), net.x], {}), 4)],
  ])('leaves %s alone', (_, build) => {
    const net = new Network();
    const module = net.returning(build(net));
    expect(equalizeChannels(module.entry, spread).size).toBe(0);
  });
});
