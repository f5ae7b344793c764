// Scaling of float ports: the same outputs, one range for all channels of a port, and integers between the conversions.
import { describe, expect, test } from 'vitest';
import { Builder } from '../../ir/builder.ts';
import { Func, Module, type Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { conv2d } from '../../ir/ops/conv2d.ts';
import { fullyConnected } from '../../ir/ops/fully-connected.ts';
import { logistic } from '../../ir/ops/logistic.ts';
import { mul } from '../../ir/ops/mul.ts';
import { reshape } from '../../ir/ops/reshape.ts';
import { elementCount, tensorType } from '../../ir/types.ts';
import { verifyModule } from '../../ir/verifier.ts';
import { portScalings, scalePorts } from '../../passes/quantization/scale-ports.ts';
import { requireIntegers } from '../../src/float-operators.ts';
import {
  compare,
  compile,
  createRunner,
  exportOnnx,
  exportTflite,
  importModel,
  quantize,
  samplesOf,
} from '../../src/index.ts';
import { type Program, programOf } from '../../src/program.ts';
import { seededRandom } from '../../src/random-tensor.ts';

const relu = [0, Number.POSITIVE_INFINITY];

/** Features of an input: where they lie and how far they spread, as measurements in different units do. */
const features = Array.from({ length: 12 }, (_, k) => ({ center: 40 * Math.sin(5 * k), spread: 0.2 + (k % 4) }));

/** Functions of one input; `build` gives the output. */
function network(shape: readonly number[], build: (net: Layers, x: Value) => Value): Program {
  return programOf('net', 'none', () => {
    const func = new Func('net');
    const x = func.addInput('x', tensorType('f32', shape));
    func.addOutput('y', build(new Layers(func), x));
    const module = new Module('net');
    module.functions.push(func);
    return { module, diagnostics: [] };
  });
}

class Layers {
  readonly b: Builder;
  readonly #random = seededRandom(7);

  constructor(readonly func: Func) {
    this.b = new Builder(func, func.ops);
  }

  numbers(shape: readonly number[], size: (i: number) => number = () => 1): Value {
    const type = tensorType('f32', shape);
    const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => size(i) * (2 * this.#random() - 1));
    return this.b.create(constant, [], { value: { type, data } }, type, 'k');
  }

  dense(x: Value, outputs: number, clamp?: readonly number[], size?: (i: number) => number): Value {
    const w = this.numbers([outputs, x.type.shape.at(-1) ?? 1], size);
    return this.b.create(fullyConnected, [x, w, this.numbers([outputs])], clamp === undefined ? {} : { clamp });
  }
}

/** Twelve features to six numbers of very different sizes. */
const regression = () =>
  network([1, 12], (net, x) => net.dense(net.dense(x, 16, relu), 6, undefined, (i) => 4 ** (Math.floor(i / 16) % 3)));

const samples = (() => {
  const random = seededRandom(11);
  const each = Array.from({ length: 64 }, () => ({
    x: Float32Array.from(features, ({ center, spread }) => center + spread * (2 * random() - 1)),
  }));
  return samplesOf(each);
})();

/** The features' extremes for the input, -1 to 1 for every other tensor. */
function extremes(v: Value) {
  const channels = v.type.shape.at(-1) ?? 1;
  const of = (sign: number) =>
    v.producer === undefined
      ? features.slice(0, channels).map(({ center, spread }) => center + sign * spread)
      : Array.from({ length: channels }, (_, c) => sign * 4 ** (c % 3));
  return { low: of(-1), high: of(1) };
}

async function outputsOf(program: Program): Promise<Float32Array[]> {
  const runner = await createRunner(program, { target: 'wasm' });
  const results: Float32Array[] = [];
  for (let i = 0; i < samples.count; i++) {
    results.push(Object.values(await runner.run(await samples.read(i)))[0] as Float32Array);
  }
  return results;
}

describe('scalePorts', () => {
  const scalingsOf = (program: Program) => portScalings(program.module().entry, extremes);

  test('keeps the outputs but for the last bits', async () => {
    const program = regression();
    const scalings = scalingsOf(program);
    expect([...scalings.values()].map(({ port }) => port)).toEqual(['input', 'output']);
    const scaled = programOf('scaled', 'none', () => {
      const module = program.module();
      const { conversions } = scalePorts(module.entry, scalings);
      expect(conversions.size).toBe(3);
      expect(verifyModule(module)).toEqual([]);
      return { module, diagnostics: [] };
    });
    const [before, after] = [await outputsOf(program), await outputsOf(scaled)];
    for (const [i, y] of before.entries())
      for (const [k, v] of y.entries()) expect(Math.abs((after[i]?.[k] ?? 0) - v)).toBeLessThan(1e-3);
  });

  test('brings every channel into the range that it tells', () => {
    for (const { factor, offset, low, high, port } of scalingsOf(regression()).values()) {
      if (port !== 'input') continue;
      for (const [c, { center, spread }] of features.entries())
        for (const x of [center - spread, center + spread]) {
          const scaled = (x - (offset[c] ?? 0)) / (factor[c] ?? 1);
          expect(scaled).toBeGreaterThanOrEqual(low);
          expect(scaled).toBeLessThanOrEqual(high);
        }
    }
  });

  test('goes through what only moves elements', () => {
    const program = network([3, 4], (net, x) =>
      net.b.create(reshape, [net.dense(net.b.create(reshape, [x], { shape: [1, 12] }), 6)], { shape: [2, 3] }),
    );
    expect([...scalingsOf(program).values()].map(({ port }) => port)).toContain('output');
  });

  test('shifts nothing where a window reaches over the edge', () => {
    const conv = (pad: readonly number[]) =>
      scalingsOf(
        network([1, 4, 4, 12], (net, x) =>
          net.b.create(conv2d, [x, net.numbers([2, 3, 3, 12]), net.numbers([2])], { pad }),
        ),
      );
    expect(
      conv([0, 0, 0, 0])
        .get('x')
        ?.offset.some((m) => m !== 0),
    ).toBe(true);
    expect(
      conv([1, 1, 1, 1])
        .get('x')
        ?.offset.some((m) => m !== 0) ?? false,
    ).toBe(false);
  });

  test.each<[string, Program]>([
    ['that something else reads too', network([1, 12], (net, x) => net.b.create(logistic, [x]))],
    [
      'of channels that are alike',
      network([1, 3], (net, x) => net.dense(net.b.create(logistic, [net.dense(x, 3)]), 1)),
    ],
  ])('leaves inputs alone %s', (_, program) => {
    const alike = (v: Value) => {
      const channels = v.type.shape.at(-1) ?? 1;
      return { low: new Float32Array(channels).fill(-1), high: new Float32Array(channels).fill(1) };
    };
    expect(portScalings(program.module().entry, alike).size).toBe(0);
  });
});

describe('quantize', () => {
  const noise = async (options: Parameters<typeof quantize>[2]) => {
    const linear = network([1, 12], (net, x) => net.dense(x, 6, undefined, (i) => 4 ** (Math.floor(i / 12) % 3)));
    const quantized = await quantize(linear, samples, { method: 'minmax', ...options });
    return { quantized, snr: (await compare(quantized, samples)).outputs[0]?.snr ?? 0 };
  };

  test('gives channels of a port levels of their own, in integers all the same', async () => {
    const [plain, scaled] = [await noise({ equalize: false }), await noise({ equalize: true })];
    expect(scaled.snr).toBeGreaterThan(plain.snr + 6);
    expect(scaled.quantized.float).toEqual([]);
    requireIntegers(scaled.quantized.program, () => ({ hint: '' }));
  });

  test('takes ports apart that are moved first, or last', async () => {
    const program = network([3, 4], (net, x) =>
      net.b.create(
        reshape,
        [net.dense(net.b.create(reshape, [x], { shape: [1, 12] }), 6, undefined, (i) => 8 ** (Math.floor(i / 12) % 3))],
        { shape: [2, 3] },
      ),
    );
    const quantized = await quantize(program, samples, { method: 'minmax', equalize: true });
    expect(quantized.network.ports?.conversions.size).toBeGreaterThanOrEqual(2);
    requireIntegers(quantized.program, () => ({ hint: '' }));
    const { bytes } = (await compile(quantized.program, { target: 'c' })).manifest;
    // No scaled floats are stored.
    expect(bytes.arena).toBeLessThan(12 * 4);
  });

  test('does not take the model’s own arithmetic for a conversion', async () => {
    const halved = network([1, 12], (net, x) => {
      const type = tensorType('f32', [1]);
      const half = net.b.create(constant, [], { value: { type, data: Float32Array.of(0.5) } }, type, 'half');
      return net.dense(net.b.create(mul, [x, half]), 6);
    });
    const name = halved.module().entry.ops.find((op) => op.definition === mul)?.result.name ?? '';
    const { program } = await quantize(halved, samples, { method: 'minmax', keepFloat: [name] });
    expect(() => requireIntegers(program, () => ({ hint: '' }))).toThrow(/mul/);
  });

  test('leaves ports alone that are integers, and operators that stay float', async () => {
    const integer = (await quantize(regression(), samples, { equalize: true, method: 'minmax', ports: 'integer' }))
      .program;
    expect(integer.inputs[0]?.type.element).toBe('i8');
    const names = regression()
      .module()
      .entry.ops.filter((op) => op.definition === fullyConnected)
      .map((op) => op.result.name);
    const kept = await quantize(regression(), samples, { equalize: true, method: 'minmax', keepFloat: names });
    expect(kept.network.ports?.conversions.size ?? 0).toBe(0);
  });

  test.each(['onnx', 'tflite'] as const)('is the same program again from %s', async (format) => {
    const { program } = await quantize(regression(), samples, {
      ...{ equalize: true, method: 'minmax' },
      ...(format === 'tflite' ? { rounding: 'double' } : {}),
    });
    const bytes = format === 'onnx' ? await exportOnnx(program) : await exportTflite(program);
    const again = await importModel(bytes, { name: 'net' });
    expect((await outputsOf(again)).map((y) => [...y])).toEqual((await outputsOf(program)).map((y) => [...y]));
    requireIntegers(again, () => ({ hint: '' }));
  });
});
