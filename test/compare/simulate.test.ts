// Layers that round by switches: the float network itself with none on, and only what a layer's switch stands for with one.
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { type Simulation, simulation } from '../../src/compare/simulate.ts';
import { inOrder } from '../../src/quantize/calibrate.ts';
import { compileToWasm } from '../../src/quantize/float-network.ts';
import type { Decisions } from '../../src/quantize/plan.ts';
import { quantizedChain, type Subject } from './compared-networks.ts';

const layers = new Map(['x', 'a', 'b', 'c'].map((name) => [name, 'i8'] as const));

describe('a simulation', () => {
  let subject: Subject;
  let input: TensorArray[];
  let exact: readonly TensorArray[];

  beforeAll(async () => {
    subject = await quantizedChain();
    const { network } = subject.quantized;
    input = inOrder(network, await subject.samples.read(0));
    exact = compileToWasm(network.module()).run(input);
  });

  const simulated = (change: (decisions: Decisions) => Decisions = (d) => d): Simulation =>
    simulation(subject.quantized.network, change(subject.quantized.decisions), layers);

  it('is the float network where no layer rounds, whatever was decided, before and after others do', () => {
    const { choose } = simulated((d) => ({ ...d, biases: new Map([['b', new Float32Array(8).fill(3)]]) }));
    expect(choose(new Set())(input)).toEqual(exact);
    expect(choose(new Set(layers.keys()))(input)).not.toEqual(exact);
    expect(choose(new Set())(input)).toEqual(exact);
  });

  it('takes weights and biases with the layer that they belong to', () => {
    const { choose } = simulated();
    const biased = simulated((d) => ({ ...d, biases: new Map([['b', new Float32Array(8).fill(3)]]) }));
    for (const chosen of [['a'], ['x', 'c'], ['b'], ['a', 'b']]) {
      const [plain, other] = [choose(new Set(chosen))(input), biased.choose(new Set(chosen))(input)];
      if (chosen.includes('b')) expect(other).not.toEqual(plain);
      else expect(other).toEqual(plain);
      expect(plain).not.toEqual(exact);
    }
  });

  it('rounds a result to its own levels', () => {
    const [rounded] = simulated().choose(new Set(['c']))(input);
    const { low, high } = subject.quantized.decisions.ranges.get('c') ?? { low: 0, high: 0 };
    const step = (Math.max(0, high) - Math.min(0, low)) / 255;
    const levels = Array.from((rounded ?? []) as ArrayLike<number>, (value) => value / step);
    for (const level of levels) expect(Math.abs(level - Math.round(level))).toBeLessThan(1e-3);
    expect(new Set(levels.map(Math.round)).size).toBeGreaterThan(8);
  });
});
