// The f32 forms of requantization against the numerics contract: the proof by stairs on every accumulator, and the loop
// code on the accumulators where it could fail.
import { describe, expect, it } from 'vitest';
import type { Requantization } from '../../ir/attributes.ts';
import { rescaledSum } from '../../ir/common-scale.ts';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { AccumulatorRange, RescaledPair } from '../../ir/loops/lowering.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { assertKernelVerified } from '../../ir/loops/verifier.ts';
import { applyRequantization, quantizeMultiplier, requantizeScalar } from '../../ir/numerics.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { type ElementType, integerRange } from '../../ir/types.ts';
import { floatRequantization } from '../../passes/schedule/requantization/float-code.ts';
import { evaluateFloat, exceptionsOf } from '../../passes/schedule/requantization/float-form.ts';
import { type FloatPlan, planFloat } from '../../passes/schedule/requantization/float-plan.ts';
import { pairCode } from '../../passes/schedule/requantization/pair-code.ts';
import { fitPair } from '../../passes/schedule/requantization/pair-form.ts';
import { type IntegerFactor, staircase } from '../../passes/schedule/requantization/staircase.ts';
import { randomInteger, randomNumbers } from '../ops/operator-runs.ts';

type Random = () => number;
const roundings = ['double', 'single'] as const;

function randomFactor(random: Random, rounding: 'double' | 'single', shift: number): IntegerFactor {
  // Few bits now and then: products that end on a tie.
  const multiplier =
    random() < 0.2 ? randomInteger(random, 4, 7) * 2 ** 28 : randomInteger(random, 2 ** 30, 2 ** 31 - 1);
  return { multiplier, shift, rounding };
}

function exact({ multiplier, shift, rounding }: IntegerFactor, acc: number): number {
  return requantizeScalar(acc, rounding, { multiplier, shift, scale: 0 });
}

describe.each(roundings)('stairs of %s', (rounding) => {
  it('are those of every accumulator', () => {
    const random = randomNumbers(3);
    for (let n = 0; n < 25; n++) {
      const factor = randomFactor(random, rounding, randomInteger(random, -9, 2));
      const from = randomInteger(random, -30_000, 10_000);
      const range = { min: from, max: from + randomInteger(random, 0, 20_000) };
      const low = randomInteger(random, -300, 20);
      const high = low + randomInteger(random, 0, 255);
      const stairs = staircase(factor, range, low, high)!;
      let step = 0;
      for (let acc = range.min; acc <= range.max; acc++) {
        while (step < stairs.thresholds.length && stairs.thresholds[step]! <= acc) step++;
        const expected = Math.min(high, Math.max(low, exact(factor, acc)));
        if (stairs.bottom + step !== expected) expect({ factor, acc, result: stairs.bottom + step }).toBe(expected);
      }
      expect(step).toBe(stairs.thresholds.length);
    }
  });

  it('are exact for the greatest accumulators and shifts', () => {
    const random = randomNumbers(4);
    for (let n = 0; n < 60; n++) {
      const factor = randomFactor(random, rounding, randomInteger(random, -30, -12));
      const range = { min: -(2 ** 31) + 1, max: 2 ** 31 - 1 };
      const { bottom, thresholds } = staircase(factor, range, -128, 127)!;
      for (const [i, threshold] of thresholds.entries()) {
        expect(exact(factor, threshold)).toBeGreaterThanOrEqual(bottom + 1 + i);
        expect(exact(factor, threshold - 1)).toBeLessThan(bottom + 1 + i);
      }
    }
  });

  it('have none where results wrap', () => {
    const factor = { multiplier: 2 ** 30, shift: 8, rounding };
    expect(staircase(factor, { min: 0, max: 2 ** 30 }, -128, 127)).toBeUndefined();
  });
});

describe('the proof', () => {
  it.each(roundings)('holds on every accumulator, or the form differs on one: %s', (rounding) => {
    const random = randomNumbers(5);
    const away = rounding === 'double';
    const count = { equal: 0, different: 0 };
    for (let n = 0; n < 40; n++) {
      const factor = randomFactor(random, rounding, randomInteger(random, -8, 0));
      const scale = Math.fround(factor.multiplier * 2 ** (factor.shift - 31));
      // Offsets that are right, and some that are a little off.
      const unit = rounding === 'double' && factor.shift < 0 ? 2 ** (factor.shift - 1) : 0;
      const offset = Math.fround(unit * (1 + (random() < 0.5 ? 0 : (random() - 0.5) / 16)));
      const form =
        random() < 0.5
          ? { scale, early: 0, late: offset, center: 0 }
          : { scale, early: Math.fround(offset / scale), late: 0, center: 0 };
      const [low, high, middle] = [-100, 120, 0];
      const range = { min: -20_000, max: 20_000 };
      const stairs = staircase(factor, range, low, high)!;
      const claim = { stairs, range, low, high, middle };
      const found = exceptionsOf(claim, form, away, true);
      const limit = (y: number) => Math.min(high, Math.max(low, y));
      const differing: number[] = [];
      for (let acc = range.min; acc <= range.max; acc++) {
        if (limit(evaluateFloat(form, away, acc)) !== limit(exact(factor, acc))) differing.push(acc);
      }
      const exceptions = [found?.lifted, found?.lowered].filter((x) => x !== undefined).sort((a, b) => a - b);
      if (found === undefined) expect(differing.length).toBeGreaterThan(0);
      else expect(exceptions).toEqual(differing);
      count[found === undefined ? 'different' : 'equal']++;
    }
    expect(count.equal).toBeGreaterThan(5);
    expect(count.different).toBeGreaterThan(5);
  });
});

interface Layer {
  readonly r: Requantization;
  readonly ranges: readonly AccumulatorRange[];
}

function randomLayer(random: Random, rounding: Requantization['rounding'], element: 'i8' | 'u8'): Layer {
  const channels = [1, 4, 8, 16][randomInteger(random, 0, 3)]!;
  const [least, most] = element === 'i8' ? [-128, 127] : [0, 255];
  const zero = random() < 0.5 ? least : randomInteger(random, least, most);
  const activated = random() < 0.5;
  const clamp: [number, number] = [activated ? zero : least, random() < 0.3 ? randomInteger(random, zero, most) : most];
  const shifts = randomInteger(random, -10, 0);
  const factors = Array.from({ length: channels }, () => {
    // A channel whose weights are next to nothing, now and then.
    const shift = random() < 0.05 ? randomInteger(random, -30, -15) : shifts - randomInteger(random, 0, 2);
    return randomFactor(random, rounding === 'single' ? 'single' : 'double', shift);
  });
  const scales = factors.map((f) => Math.fround(f.multiplier * 2 ** (f.shift - 31)));
  const whole = rounding === 'half-even';
  const r: Requantization = {
    multiplier: whole ? [] : factors.map((f) => f.multiplier),
    shift: whole ? [] : factors.map((f) => f.shift),
    scale: whole ? scales : [],
    ...{ rounding, zero, clamp },
  };
  const ranges = factors.map(() => {
    const reach = randomInteger(random, 100, 2_000_000);
    const start = random() < 0.1 ? randomInteger(random, -(2 ** 28), 2 ** 28) : randomInteger(random, -10_000, 10_000);
    return { min: start - reach, max: start + reach };
  });
  return { r, ranges };
}

/** Accumulators of a channel's range where forms could differ: around steps, ends and exceptions, and anywhere. */
function* suspects(random: Random, { r, ranges }: Layer, plan: FloatPlan, c: number): Generator<number> {
  const range = ranges[c]!;
  const near: number[] = [range.min, range.max, 0];
  for (const acc of [plan.factors[c]!.lifted, plan.factors[c]!.lowered]) if (acc !== undefined) near.push(acc);
  const scale = r.rounding === 'half-even' ? r.scale[c]! : r.multiplier[c]! * 2 ** (r.shift[c]! - 31);
  for (let level = r.clamp[0] - r.zero; level <= r.clamp[1] - r.zero; level++)
    near.push(Math.round((level - 0.5) / scale));
  for (const acc of near) {
    for (let d = -3; d <= 3; d++) if (acc + d >= range.min && acc + d <= range.max) yield acc + d;
  }
  for (let i = 0; i < 50; i++) yield randomInteger(random, range.min, range.max);
}

/** Runs the plan's loop code on one vector of accumulators, one per lane; lanes are channels from 0 on. */
function runCode(plan: FloatPlan, r: Requantization, accumulators: Int32Array, lanes: number): Int32Array {
  const memory = new Map<Buffer, TensorArray>();
  const buffer = (name: string, role: Buffer['role'], data: TensorArray, element: ElementType): Buffer => {
    const made: Buffer = { name, element, length: data.length, role };
    memory.set(made, data);
    return made;
  };
  const x = buffer('x', 'in', accumulators, 'i32');
  const result = new Int32Array(accumulators.length);
  const y = buffer('y', 'out', result, 'i32');
  const b = new LoopBuilder();
  const code = floatRequantization(plan, r, {
    constant: (name, element, data) => buffer(name, 'const', data, element),
  });
  b.for(0, accumulators.length / lanes, (i) => {
    const at = b.mul(i, lanes);
    b.store(y, at, code.emit(b, b.load(x, at, lanes), b.constant(0)));
  });
  const kernel = b.finish('requantize', '', [...memory.keys()]);
  assertKernelVerified(kernel);
  runKernel(kernel, memory);
  return result;
}

describe.each(['double', 'single', 'half-even'] as const)('f32 code for %s', (rounding) => {
  it.each(['i8', 'u8'] as const)('gives the bytes of the contract: %s', { timeout: 60_000 }, (element) => {
    const random = randomNumbers(rounding.length * 31 + element.length);
    const seen = new Set<string>();
    let planned = 0;
    for (let n = 0; n < 24; n++) {
      const layer = randomLayer(random, rounding, element);
      const { r, ranges } = layer;
      const plan = planFloat(r, ranges, random() < 0.7);
      if (plan === undefined) continue;
      planned++;
      seen.add(plan.kind === 'scaled' ? 'scaled' : `${plan.kind} ${plan.table ?? 'by powers'}`);
      if (plan.factors.some((f) => f.center !== 0)) seen.add('centered');
      const lanes = ranges.length;
      const columns = ranges.map((_, c) => [...suspects(random, layer, plan, c)]);
      const rows = Math.max(...columns.map((column) => column.length));
      const accumulators = new Int32Array(rows * lanes);
      const expected = new Int32Array(rows * lanes);
      for (let i = 0; i < accumulators.length; i++) {
        const c = i % lanes;
        const acc = columns[c]![Math.floor(i / lanes) % columns[c]!.length]!;
        accumulators[i] = acc - plan.factors[c]!.center;
        expected[i] = applyRequantization(acc, r, c);
      }
      expect(runCode(plan, r, accumulators, lanes), `layer ${n}`).toEqual(expected);
    }
    expect(planned).toBeGreaterThan(12);
    if (rounding === 'half-even') expect([...seen]).toEqual(['scaled']);
    else expect(seen).toContain('centered');
    if (rounding === 'double')
      for (const kind of ['raised by powers', 'away by powers', 'raised early', 'away early'])
        expect(seen).toContain(kind);
  });
});

describe('sums of rescaled pairs', () => {
  const addition = (random: Random, element: 'i8' | 'u8'): RescaledPair | undefined => {
    const { min, max } = integerRange(element);
    const zero = () => randomInteger(random, min, max);
    const scales = [random() + 0.1, random() + 0.1, random() + 0.3];
    const common = 2 * Math.max(scales[0]!, scales[1]!);
    const parts = [scales[0]! / common, scales[1]! / common].map(quantizeMultiplier);
    const result = quantizeMultiplier(common / (2 ** 20 * scales[2]!));
    const scale = {
      left_shift: 20,
      zeros: [zero(), zero()],
      multipliers: parts.map((p) => p.multiplier),
      shifts: parts.map((p) => p.shift),
    };
    const y = zero();
    const requant = {
      ...{ multiplier: [result.multiplier], shift: [result.shift], scale: [] },
      ...{ rounding: random() < 0.5 ? ('double' as const) : ('single' as const), zero: y },
      clamp: [random() < 0.5 ? y : min, max] as [number, number],
    };
    return rescaledSum(scale, random() < 0.3, requant, [element, element]);
  };

  it.each(['i8', 'u8'] as const)('are equal on every pair of %s', (element) => {
    const random = randomNumbers(7);
    let found = 0;
    for (let n = 0; n < 4; n++) {
      const pair = addition(random, element);
      if (pair === undefined) continue;
      const form = fitPair(pair);
      if (form === undefined) continue;
      found++;
      const [a, b] = pair.operands;
      const pairs: [number, number][] = [];
      for (let x = a.min; x <= a.max; x++) for (let y = b.min; y <= b.max; y++) pairs.push([x, y]);
      const operand = (name: string): Buffer => ({ name, element: 'i32', length: pairs.length, role: 'in' });
      const [left, right] = [operand('a'), operand('b')];
      const y: Buffer = { name: 'y', element: 'i32', length: pairs.length, role: 'out' };
      const result = new Int32Array(pairs.length);
      const lanes = 64;
      const builder = new LoopBuilder();
      builder.for(
        0,
        pairs.length,
        (i) => {
          const [p, q] = [builder.load(left, i, lanes), builder.load(right, i, lanes)];
          builder.store(y, i, pairCode(builder, pair, form, p, q));
        },
        { step: lanes },
      );
      const kernel = builder.finish('sum', '', [left, right, y]);
      assertKernelVerified(kernel);
      runKernel(
        kernel,
        new Map<Buffer, TensorArray>([
          [left, Int32Array.from(pairs, ([x]) => x)],
          [right, Int32Array.from(pairs, ([, z]) => z)],
          [y, result],
        ]),
      );
      expect(result).toEqual(Int32Array.from(pairs, ([x, z]) => pair.exact(x, z)));
    }
    expect(found).toBeGreaterThan(1);
  });

  it('have no form where operands have 16 bits', () => {
    const operand = { min: -32768, max: 32767, zero: 0 };
    const pair: RescaledPair = {
      operands: [operand, operand],
      ...{ factors: [0.5, 0.5], zero: 0, clamp: [-32768, 32767], exact: (a, b) => (a + b) >> 1 },
    };
    expect(fitPair(pair)).toBeUndefined();
  });
});
