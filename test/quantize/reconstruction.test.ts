// Learned rounding and bias correction: what they promise, on networks made up here.
import { describe, expect, test } from 'vitest';
import { Builder } from '../../ir/builder.ts';
import { Func, Module } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { conv2d } from '../../ir/ops/conv2d.ts';
import { depthwiseConv2d } from '../../ir/ops/depthwise-conv2d.ts';
import { fullyConnected } from '../../ir/ops/fully-connected.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { elementCount, tensorType } from '../../ir/types.ts';
import { type Program, programOf } from '../../src/program.ts';
import { heldOut } from '../../src/quantize/held-out.ts';
import { quantize } from '../../src/quantize/quantize.ts';
import { quantizedProgram } from '../../src/quantize/quantized-program.ts';
import { descend } from '../../src/quantize/reconstruction/coordinate-descent.ts';
import { correctBiases } from '../../src/quantize/reconstruction/correct-biases.ts';
import { learnRounding } from '../../src/quantize/reconstruction/learn-rounding.ts';
import { Moments } from '../../src/quantize/reconstruction/moments.ts';
import { gatherPatches, patchLength, samplePositions } from '../../src/quantize/reconstruction/patches.ts';
import { hessianOf, objective } from '../../src/quantize/reconstruction/row-problem.ts';
import { weightIndex } from '../../src/quantize/reconstruction/weight-rows.ts';
import { type Random, seededRandom } from '../../src/random-tensor.ts';
import { createRunner } from '../../src/runner.ts';
import { samplesOf } from '../../src/samples/sample-source.ts';

/** Sums of several uniform numbers: near enough to normal ones. */
const normal = (random: Random) => random() + random() + random() + random() - 2;

/** What learning starts from. */
const nearestMinmax = { method: 'minmax', weights: 'nearest' } as const;

const relu = [0, Number.POSITIVE_INFINITY];

/** A convolution, one per channel, a grouped one, and a layer over all: every way that weights meet patches. */
function smallNetwork(): Program {
  return programOf('small', 'none', () => {
    const random = seededRandom(7);
    const func = new Func('small');
    const b = new Builder(func, func.ops);
    const weights = (shape: readonly number[], size: number) => {
      const type = tensorType('f32', shape);
      const data = Float32Array.from({ length: elementCount(shape) }, () => size * normal(random));
      return b.create(constant, [], { value: { type, data } }, type, 'w');
    };
    const x = func.addInput('x', tensorType('f32', [1, 10, 9, 3]));
    const pad = [1, 1, 1, 1];
    const a = b.create(conv2d, [x, weights([8, 3, 3, 3], 0.3), weights([8], 0.2)], { pad, clamp: relu });
    const d = b.create(depthwiseConv2d, [a, weights([1, 3, 3, 8], 0.4)], { stride: [2, 1], pad, clamp: relu });
    const g = b.create(conv2d, [d, weights([6, 1, 2, 4], 0.5), weights([6], 0.2)], { dilation: [1, 2], clamp: relu });
    const y = b.create(fullyConnected, [g, weights([5, elementCount(g.type.shape)], 0.1), weights([5], 0.2)], {});
    func.addOutput('y', y);
    const module = new Module('small');
    module.functions.push(func);
    return { module, diagnostics: [] };
  });
}

/** Pictures whose neighbours are alike, as weights are rounded well only where inputs go together. */
function pictures(count: number, seed: number): Float32Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const [u, v, w] = [normal(random), normal(random), normal(random)];
    return Float32Array.from({ length: 270 }, (_, i) => {
      const [c, column, row] = [i % 3, Math.floor(i / 3) % 9, Math.floor(i / 27)];
      return Math.sin(u * row + v * column + w) * (1 + c * 0.2) + 0.1 * normal(random);
    });
  });
}

async function outputs(program: Program, inputs: readonly Float32Array[]): Promise<TensorArray[]> {
  const runner = await createRunner(program, { target: 'wasm' });
  const results: TensorArray[] = [];
  for (const x of inputs) results.push((await runner.run({ x })).y as TensorArray);
  return results;
}

/** Signal to noise in dB. */
function snr(float: readonly TensorArray[], other: readonly TensorArray[]): number {
  let [signal, noise] = [0, 0];
  for (const [i, y] of float.entries())
    for (let k = 0; k < y.length; k++) {
      signal += Number(y[k]) ** 2;
      noise += (Number(y[k]) - Number(other[i]?.[k])) ** 2;
    }
  return 10 * Math.log10(signal / noise);
}

const samples = (count: number, seed: number) => samplesOf(pictures(count, seed).map((x) => ({ x })));

describe('learnRounding', () => {
  test('expects no greater error of any layer than rounding to nearest, and less of all', async () => {
    const { network, decisions } = await quantize(smallNetwork(), samples(24, 1), nearestMinmax);
    const { errors } = await learnRounding(network, heldOut(network, samples(24, 1)), decisions);
    expect(errors.size).toBe(4);
    for (const { nearest, learned } of errors.values()) expect(learned).toBeLessThan(0.8 * nearest);
  });

  test('brings outputs of samples that it has not seen nearer to the float network', async () => {
    const program = smallNetwork();
    const { network, decisions, program: nearest } = await quantize(program, samples(64, 1), nearestMinmax);
    const learned = await learnRounding(network, heldOut(network, samples(64, 1)), decisions);
    const test = pictures(40, 2);
    const float = await outputs(program, test);
    const after = snr(float, await outputs(quantizedProgram(network, { ...decisions, ...learned }), test));
    expect(after).toBeGreaterThan(snr(float, await outputs(nearest, test)) + 0.5);
  });

  test('gives the same numbers for the same seed, and leaves what stays in f32 alone', async () => {
    const { network, decisions } = await quantize(smallNetwork(), samples(8, 1), nearestMinmax);
    const layers = [...decisions.weightScales.keys()];
    const precisions = new Map([...decisions.precisions, [layers[0]!, 'f32' as const]]);
    const learn = () =>
      learnRounding(network, heldOut(network, samples(8, 1)), { ...decisions, precisions }, { seed: 5, patches: 100 });
    const [first, second] = [await learn(), await learn()];
    expect([...first.rounded.keys()]).toEqual(layers.slice(1));
    expect(second.rounded).toEqual(first.rounded);
    expect(second.weightScales).toEqual(first.weightScales);
    expect(second.biases).toEqual(first.biases);
  });
});

describe('correctBiases', () => {
  test('moves the mean of outputs to that of the float network', async () => {
    const program = smallNetwork();
    const { network, decisions } = await quantize(program, samples(64, 3), nearestMinmax);
    // Weights of six bits: errors that are to be seen.
    const coarse = new Map([...decisions.weightScales].map(([name, scales]) => [name, scales.map((s) => s * 4)]));
    const biases = await correctBiases(network, samples(64, 3), { ...decisions, weightScales: coarse });
    const float = await outputs(program, pictures(64, 3));
    const meanError = async (p: Program) => {
      const found = await outputs(p, pictures(64, 3));
      const sums = [0, 0, 0, 0, 0];
      for (const [i, y] of found.entries())
        for (let c = 0; c < sums.length; c++) sums[c]! += Number(y[c]) - Number(float[i]?.[c]);
      return Math.hypot(...sums) / found.length;
    };
    const before = await meanError(quantizedProgram(network, { ...decisions, weightScales: coarse }));
    const after = await meanError(quantizedProgram(network, { ...decisions, weightScales: coarse, biases }));
    expect(after).toBeLessThan(before / 4);
  });
});

describe('patches', () => {
  test('times weights are what linear operators compute', async () => {
    const { network } = await quantize(smallNetwork(), samples(2, 1), nearestMinmax);
    const module = network.module();
    const { entry } = module;
    for (const op of entry.ops.filter(({ definition }) => definition.linear?.patches !== undefined)) {
      const { linear } = op.definition;
      const patches = linear?.patches?.(op);
      if (linear === undefined || patches === undefined) continue;
      const random = seededRandom(1);
      const x = Float32Array.from({ length: elementCount(op.operand(0).type.shape) }, () => normal(random));
      const w = Float32Array.from({ length: elementCount(op.operand(1).type.shape) }, () => normal(random));
      const y = new Float32Array(elementCount(op.result.type.shape));
      const data = (i: number, values: Float32Array) => ({ type: op.operand(i).type, data: values });
      op.definition.reference?.({
        operands: [data(0, x), data(1, w)],
        attributes: { ...op.attributes, clamp: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] },
        results: [{ type: op.result.type, data: y }],
      });
      const channels = op.result.type.shape.at(-1)!;
      const positions = samplePositions(y.length / channels, 1000, random);
      const length = patchLength(patches);
      const gathered = new Float32Array(patches.groups * length * positions.length);
      gatherPatches(patches, x, positions, gathered, { rows: positions.length, at: 0 });
      const stride = linear.axis === 0 ? w.length / channels : 1;
      for (const [r, position] of positions.entries())
        for (let o = 0; o < channels; o++) {
          const g = Math.floor((o * patches.groups) / channels);
          let sum = 0;
          for (let k = 0; k < length; k++)
            sum += gathered[(g * positions.length + r) * length + k]! * w[weightIndex({ channels, stride }, o, k)]!;
          expect(sum).toBeCloseTo(y[position * channels + o]!, 4);
        }
    }
  });

  test('are taken at different positions, all of them where few', () => {
    const chosen = samplePositions(100, 10, seededRandom(3));
    expect(new Set(chosen).size).toBe(10);
    expect([...samplePositions(4, 10, seededRandom(3))]).toEqual([0, 1, 2, 3]);
  });
});

describe('coordinate descent', () => {
  test('ends where no single step helps, at the value that it says', () => {
    const random = seededRandom(11);
    const length = 12;
    const moments = new Moments({
      ...{ input: [1, 1, 1, length], output: [1, 1], kernel: [1, 1], stride: [1, 1], dilation: [1, 1] },
      ...{ pad: [0, 0], groups: 1 },
    });
    for (let i = 0; i < 400; i++) {
      const common = normal(random);
      moments.add(
        Float32Array.from({ length }, () => common + 0.3 * normal(random)),
        Int32Array.of(0),
      );
    }
    const { groups, count } = moments.finish();
    expect(count).toBe(400);
    const row = {
      weights: Float64Array.from({ length }, () => normal(random)),
      hessian: hessianOf(groups[0]!, count),
    };
    const scale = 0.1;
    // All of one sign: errors that add up.
    const q = row.weights.map((w) => Math.floor(w / scale));
    const before = objective(row, q, scale);
    const gain = descend(row, q, scale, 127);
    const after = objective(row, q, scale);
    expect(gain).toBeGreaterThan(0);
    expect(before - gain).toBeCloseTo(after, 10);
    for (let k = 0; k < length; k++)
      for (const step of [-1, 1]) {
        const other = q.slice();
        other[k]! += step;
        expect(objective(row, other, scale)).toBeGreaterThanOrEqual(after - 1e-12);
      }
  });
});
