// The interval analysis: sound for every opcode on intervals around seeded operands, and as tight as backends need on loops.
import { expect, test } from 'vitest';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { fullRange, type Range } from '../../ir/loops/range-rules.ts';
import { kernelRanges, valueRanges } from '../../ir/loops/ranges.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { opcodeCases } from './opcode-cases.ts';

/** The interval of what a buffer holds from element `from` to `to`. */
function contents(array: TensorArray, from: number, to: number): Range {
  const values = Array.from(array.subarray(from, to) as ArrayLike<number | bigint>, Number);
  return values.some(Number.isNaN) ? fullRange('f32') : { min: Math.min(...values), max: Math.max(...values) };
}

/** Operands are known to lie in the interval of a window of consecutive samples; so must the results of the window. */
test.each(opcodeCases())('$title: results stay in their interval', ({ kernel, memory }) => {
  const operands = memory.slice(0, -1);
  const result = memory.at(-1)!;
  const samples = 96;
  for (const width of [1, 2, 3, 8, samples]) {
    for (let first = 0; first + width <= samples; first += Math.max(1, width >> 1)) {
      const window = (buffer: Buffer, array: TensorArray) => {
        const lanes = buffer.length / samples;
        return contents(array, first * lanes, (first + width) * lanes);
      };
      const buffer = (b: Buffer) => {
        const operand = operands.find((o) => o.buffer === b);
        return operand && window(b, operand.before);
      };
      const ranges = kernelRanges(kernel, { buffer });
      const store = [...ranges.indices.keys()].find((access) => access.kind === 'store');
      const range = ranges.values.get(store!.value)!;
      const seen = window(result.buffer, result.after);
      const inside = range.min <= seen.min && seen.max <= range.max;
      if (!inside) expect.fail(`${JSON.stringify(seen)} leaves ${JSON.stringify(range)} at sample ${first}`);
    }
  }
});

const x: Buffer = { name: 'x', element: 'i8', length: 4096, role: 'in' };
const w: Buffer = { name: 'w', element: 'i8', length: 4096, role: 'const' };
const bias: Buffer = { name: 'bias', element: 'i32', length: 64, role: 'const' };
const y: Buffer = { name: 'y', element: 'i8', length: 64, role: 'out' };

/** Three nested reductions that start from a bias. */
function convolution(): { sum: LoopValue; counter: LoopValue; kernel: ReturnType<LoopBuilder['finish']> } {
  const b = new LoopBuilder();
  let counter: LoopValue | undefined;
  let sum: LoopValue | undefined;
  b.for(0, 64, (c) => {
    const init = b.load(bias, c);
    const [acc] = b.forCarry(0, 3, [init], (ky, [a]) =>
      b.forCarry(0, 3, [a!], (kx, [a1]) =>
        b.forCarry(0, 16, [a1!], (ci, [a2]) => {
          counter = ci;
          const at = b.add(b.mul(b.add(b.mul(ky, 3), kx), 16), ci);
          return [b.add(a2!, b.mul(b.load(x, at), b.load(w, at)))];
        }),
      ),
    );
    sum = acc;
    b.store(y, c, b.narrow(b.convert(acc!, 'i64'), 'i32'));
  });
  return { sum: sum!, counter: counter!, kernel: b.finish('conv', '', [x, w, bias, y]) };
}

test('a sum over nested loops is bounded by its number of terms', () => {
  const { sum, counter, kernel } = convolution();
  const ranges = valueRanges(kernel, { buffer: (b) => (b === bias ? { min: -1000, max: 500 } : undefined) });
  expect(ranges.get(counter)).toEqual({ min: 0, max: 15 });
  expect(ranges.get(sum)).toEqual({ min: -1000 - 144 * 128 * 127, max: 500 + 144 * 128 * 128 });
});

test('a sum that may wrap has the range of its type', () => {
  const { sum, kernel } = convolution();
  expect(valueRanges(kernel).get(sum)).toEqual(fullRange('i32'));
});

test('a maximum over a loop stays among its operands', () => {
  const b = new LoopBuilder();
  const [most] = b.forCarry(0, 9, [b.constant(-128)], (i, [m]) => [b.max(m!, b.load(x, i))]);
  b.store(y, 0, most!);
  expect(valueRanges(b.finish('pool', '', [x, y])).get(most!)).toEqual({ min: -128, max: 127 });
});

test('a loop that may not run keeps its initial value in range', () => {
  const b = new LoopBuilder();
  const n: LoopValue = { type: 'i32' };
  const [end] = b.forCarry(0, n, [b.constant(1000)], (i) => [b.load(x, i)]);
  b.store(y, 0, end!);
  const kernel = b.finish('last', '', [x, y], [n]);
  expect(valueRanges(kernel).get(end!)).toEqual({ min: -128, max: 1000 });
  const ranges = valueRanges(kernel, { scalar: () => ({ min: 3, max: 8 }) });
  expect(ranges.get(end!)).toEqual({ min: -128, max: 127 });
});

test('conditions narrow the indices they guard', () => {
  const b = new LoopBuilder();
  b.for(-2, 66, (i) => {
    b.if(b.and(b.compare('ge', i, 0), b.compare('lt', i, 64)), () => b.store(y, i, b.load(x, b.mul(i, 2))));
  });
  const kernel = b.finish('guarded', '', [x, y]);
  const { indices } = kernelRanges(kernel);
  const seen = [...indices].map(([access, range]) => [access.kind, range.min, range.max]);
  expect(seen).toEqual([
    ['load', 0, 126],
    ['store', 0, 63],
  ]);
});

test('two carried values may swap', () => {
  const b = new LoopBuilder();
  const [p, q] = b.forCarry(0, 5, [b.constant(1), b.constant(100)], (_i, [u, v]) => [v!, u!]);
  b.store(y, 0, b.add(p!, q!));
  const ranges = valueRanges(b.finish('swap', '', [y]));
  expect(ranges.get(p!)!.min).toBeLessThanOrEqual(1);
  expect(ranges.get(p!)!.max).toBeGreaterThanOrEqual(100);
});

test('forty nested loops that carry a sum are analysed at once, not in 2^40 walks', () => {
  const b = new LoopBuilder();
  const nest = (depth: number, acc: LoopValue): LoopValue =>
    depth === 0
      ? b.add(acc, b.load(x, 0))
      : b.forCarry(0, depth <= 4 ? 3 : b.load(x, depth), [acc], (_i, [a]) => [nest(depth - 1, a!)])[0]!;
  const sum = nest(40, b.constant(0));
  b.store(y, 0, sum);
  const ranges = kernelRanges(b.finish('deep', '', [x, y]));
  expect(ranges.values.get(sum)).toEqual(fullRange('i32'));
  expect([...ranges.indices.values()]).toContainEqual({ min: 40, max: 40 });
});
