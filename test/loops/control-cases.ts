// Kernels of loops, conditionals and memory, each with the contents that plain TypeScript says it leaves behind.
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { LaneValue } from '../../ir/loops/opcodes.ts';
import type { Buffer, BufferRole } from '../../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import type { ElementType } from '../../ir/types.ts';
import { Random } from '../../src/example/random.ts';
import type { BufferCase, KernelCase } from './kernel-case.ts';

const elementOf = (array: TensorArray): ElementType => {
  if (array instanceof Int8Array) return 'i8';
  if (array instanceof Uint8Array) return 'u8';
  if (array instanceof Int16Array) return 'i16';
  if (array instanceof Int32Array) return 'i32';
  return array instanceof BigInt64Array ? 'i64' : 'f32';
};

const memory = (name: string, role: BufferRole, before: TensorArray, after: TensorArray): BufferCase => ({
  buffer: { name, role, element: elementOf(before), length: before.length },
  before,
  after,
});
const input = (name: string, array: TensorArray): BufferCase => memory(name, 'in', array, array);
const output = (name: string, after: TensorArray): BufferCase =>
  memory(name, 'out', allocateArray(elementOf(after), after.length), after);

function kernelCase(
  title: string,
  buffers: readonly BufferCase[],
  build: (b: LoopBuilder, ...buffers: Buffer[]) => void,
  scalars: readonly LoopValue[] = [],
  values: readonly LaneValue[] = [],
): KernelCase {
  const b = new LoopBuilder();
  build(b, ...buffers.map((m) => m.buffer));
  const kernel = b.finish(
    title.replace(/[^a-z0-9]+/g, '_'),
    title,
    buffers.map((m) => m.buffer),
    scalars,
  );
  return { title, kernel, scalars: values, memory: buffers };
}

const random = new Random(7);
const bytes = (length: number) => Int8Array.from({ length }, () => random.integer(256) - 128);
const words = (length: number) => Int32Array.from({ length }, () => random.next() | 0);

function matrixProduct(): KernelCase {
  const [m, k, n] = [3, 5, 4];
  const x = bytes(m * k);
  const w = bytes(k * n);
  const y = Int32Array.from({ length: m * n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += x[Math.floor(i / n) * k + j]! * w[j * n + (i % n)]!;
    return sum;
  });
  return kernelCase(
    'matrix product with a carried sum',
    [input('x', x), input('w', w), output('y', y)],
    (b, x, w, y) => {
      b.for(0, m, (i) => {
        b.for(0, n, (j) => {
          const [sum] = b.forCarry(0, k, [b.constant(0)], (p, [acc]) => [
            b.add(acc!, b.mul(b.load(x!, b.add(b.mul(i, k), p)), b.load(w!, b.add(b.mul(p, n), j)))),
          ]);
          b.store(y!, b.add(b.mul(i, n), j), sum!);
        });
      });
    },
  );
}

function permutedCarries(): KernelCase {
  let [p, q, r] = [5, 7, 11];
  for (let i = 0; i < 8; i++) [p, q, r] = [q, r, (p + q) | 0];
  return kernelCase(
    'carried values that trade places',
    [input('x', Int32Array.of(5, 7, 11)), output('y', Int32Array.of(p, q, r))],
    (b, x, y) => {
      const inits = [0, 1, 2].map((i) => b.load(x!, i));
      const last = b.forCarry(0, 8, inits, (_i, [p, q, r]) => [q!, r!, b.add(p!, q!)]);
      last.forEach((v, i) => {
        b.store(y!, i, v);
      });
    },
  );
}

function swappedCarries(): KernelCase {
  return kernelCase(
    'two carried values that swap',
    [input('x', Int32Array.of(1, 2)), output('y', Int32Array.of(2, 1))],
    (b, x, y) => {
      const [p, q] = b.forCarry(0, 3, [b.load(x!, 0), b.load(x!, 1)], (_i, [p, q]) => [q!, p!]);
      b.store(y!, 0, p!);
      b.store(y!, 1, q!);
    },
  );
}

function emptyLoop(): KernelCase {
  return kernelCase(
    'a loop of no iterations',
    [input('x', Int32Array.of(3, 9)), output('y', Int32Array.of(9))],
    (b, x, y) => {
      const [v] = b.forCarry(0, b.sub(b.load(x!, 0), 3), [b.load(x!, 1)], (i) => [i]);
      b.store(y!, 0, v!);
    },
  );
}

function position(): KernelCase {
  const x = Int32Array.of(4, 9, -3, 9, 2);
  return kernelCase('position of the greatest', [input('x', x), output('y', Int32Array.of(1, 9))], (b, x, y) => {
    const [best, at] = b.forCarry(1, 5, [b.load(x!, 0), b.constant(0)], (i, [best, at]) => {
      const v = b.load(x!, i);
      const better = b.compare('gt', v, best!);
      return [b.select(better, v, best!), b.select(better, i, at!)];
    });
    b.store(y!, 0, at!);
    b.store(y!, 1, best!);
  });
}

function nestedConditionals(): KernelCase {
  const x = Int32Array.of(-70, -5, 0, 5, 70);
  const y = Int32Array.of(-2, -1, 0, 1, 2);
  return kernelCase(
    'nested conditionals with results',
    [input('x', x), output('y', y), output('z', y.map(Math.abs))],
    (b, x, y, z) => {
      b.for(0, 5, (i) => {
        const v = b.load(x!, i);
        const size = (v: LoopValue) =>
          b.ifElse(
            b.compare('gt', v, 50),
            () => [b.constant(2), v],
            () => [b.constant(1), v],
          );
        const [sign] = b.ifElse(
          b.compare('lt', v, 0),
          () => [b.sub(0, size(b.sub(0, v))[0]!)],
          () =>
            b.ifElse(
              b.compare('eq', v, 0),
              () => [v],
              () => [size(v)[0]!],
            ),
        );
        b.store(y!, i, sign!);
        b.if(b.compare('ne', sign!, 0), () => b.store(z!, i, b.unary('abs', sign!)));
      });
    },
  );
}

function conditionalSums(): KernelCase {
  const x = words(9);
  let [sum, wide, any, real] = [0, 1n << 62n, 0, 0];
  for (const v of x) {
    if (v % 2 !== 0) wide = BigInt.asIntN(64, wide * 3n + BigInt(v));
    else sum = (sum + v) | 0;
    if (v > 1e9) any = 1;
    real = Math.fround(Math.fround(real / 3) + Math.fround(v));
  }
  const after = [
    output('y', Int32Array.of(sum, any)),
    output('z', BigInt64Array.of(wide)),
    output('r', Float32Array.of(real)),
  ];
  return kernelCase(
    'conditionals inside a loop that carries i32, i64, bool and f32',
    [input('x', x), ...after],
    (b, x, y, z, r) => {
      const inits = [b.constant(0), b.i64(1n << 62n), b.bool(false), b.f32(0)];
      const [sum, wide, any, real] = b.forCarry(0, 9, inits, (i, [sum, wide, any, real]) => {
        const v = b.load(x!, i);
        const odd = b.compare('ne', b.rem(v, 2), 0);
        const next = b.ifElse(
          odd,
          () => [sum!, b.add(b.mul(wide!, b.i64(3n)), b.convert(v, 'i64'))],
          () => [b.add(sum!, v), wide!],
        );
        const large = b.or(any!, b.compare('gt', v, 1000000000));
        return [...next, large, b.add(b.div(real!, b.f32(3)), b.convert(v, 'f32'))];
      });
      b.store(y!, 0, sum!);
      b.store(y!, 1, b.convert(any!, 'i32'));
      b.store(z!, 0, wide!);
      b.store(r!, 0, real!);
    },
  );
}

function longSum(): KernelCase {
  const x = words(6);
  const bias = BigInt64Array.of((1n << 40n) + 1n);
  const y = x.reduce((s, v) => s + BigInt(v) * 3n, bias[0]!);
  return kernelCase(
    'a sum of i64 that never leaves 53 bits',
    [input('x', x), input('b', bias), output('y', BigInt64Array.of(y))],
    (b, x, bias, y) => {
      const [sum] = b.forCarry(0, 6, [b.i64(0)], (i, [sum]) => [
        b.add(sum!, b.mul(b.convert(b.load(x!, i), 'i64'), b.i64(3n))),
      ]);
      b.store(y!, 0, b.add(sum!, b.load(bias!, 0)));
    },
  );
}

function unrolledLoop(): KernelCase {
  const x = words(8);
  const y = Int32Array.from({ length: 8 }, (_, i) => (i % 3 === 0 ? Math.imul(x[i]!, i) : 0));
  let last = 0;
  for (let i = 0; i < 8; i += 3) last = (last * 2 + x[i]!) | 0;
  const z = Int32Array.of(last);
  return kernelCase(
    'an unrolled loop with steps of three',
    [input('x', x), output('y', y), output('z', z)],
    (b, x, y, z) => {
      const options = { mode: 'unrolled', step: 3 } as const;
      const [last] = b.forCarry(
        0,
        8,
        [b.constant(0)],
        (i, [last]) => {
          const v = b.load(x!, i);
          b.store(y!, i, b.mul(v, i));
          return [b.add(b.mul(last!, 2), v)];
        },
        options,
      );
      b.store(z!, 0, last!);
    },
  );
}

function vectorAccumulators(): KernelCase {
  const x = bytes(32);
  const w = bytes(32);
  const y = Int32Array.from({ length: 4 }, (_, l) => {
    let sum = 0;
    for (let i = 0; i < 32; i += 16) for (let g = 0; g < 4; g++) sum += x[i + l * 4 + g]! * w[i + l * 4 + g]!;
    return sum;
  });
  return kernelCase('carried vectors and dot', [input('x', x), input('w', w), output('y', y)], (b, x, w, y) => {
    const [acc] = b.forCarry(
      0,
      32,
      [b.constant(0, 'i32x4')],
      (i, [acc]) => [b.compute('dot', [acc!, b.load(x!, i, 16), b.load(w!, i, 16)])],
      { step: 16 },
    );
    b.store(y!, 0, acc!);
  });
}

function laneBesideVariable(): KernelCase {
  const memory = [input('x', Int32Array.of(1, 2)), output('y', Int32Array.of(4, 32, 64, 4))];
  return kernelCase('a lane outlives the variable it was taken from', memory, (b, x, y) => {
    const doubled = (v: LoopValue, times: number) =>
      b.forCarry(0, times, [v], (_i, [v]) => [b.add(v!, v!)], { carry: ['acc'] })[0]!;
    const first = doubled(b.load(x!, 0, 2), 2);
    const lane = b.compute('extract', [first], { lanes: [0] });
    const second = doubled(first, 3);
    b.store(y!, 0, lane);
    b.store(y!, 1, second);
    b.store(y!, 3, lane);
  });
}

function scratchAndInout(): KernelCase {
  const x = Int32Array.of(1, 2, 3, 4);
  const reversed = Int32Array.of(4, 3, 2, 1);
  const scratch = memory('t', 'scratch', new Int32Array(4), reversed);
  return kernelCase(
    'scratch and a buffer changed in place',
    [memory('x', 'inout', x, Int32Array.of(5, 5, 5, 5)), scratch],
    (b, x, t) => {
      b.for(0, 4, (i) => b.store(t!, i, b.load(x!, b.sub(3, i))));
      b.for(0, 4, (i) => b.store(x!, i, b.add(b.load(x!, i), b.load(t!, i))));
    },
  );
}

function lowBits(): KernelCase {
  const x = Int32Array.of(300, -300, 70000, -1);
  const after = [output('a', Int8Array.from(x)), output('c', Uint8Array.from(x)), output('d', Int16Array.from(x))];
  return kernelCase('stores keep the low bits', [input('x', x), ...after], (b, x, ...narrow) => {
    b.for(0, 4, (i) => {
      const v = b.load(x!, i);
      for (const n of narrow) b.store(n, i, v);
    });
  });
}

function loadBeforeStore(): KernelCase {
  return kernelCase(
    'a load stays before the store that follows it',
    [memory('x', 'inout', Int32Array.of(1, 2), Int32Array.of(2, 1))],
    (b, x) => {
      const first = b.load(x!, 0);
      const second = b.load(x!, 1);
      b.store(x!, 0, second);
      b.store(x!, 1, first);
    },
  );
}

function indicesFromBelow(): KernelCase {
  const x = words(12);
  const offsets = Int32Array.of(-4, 3, 0, -1);
  return kernelCase(
    'indices whose variable part is below zero',
    [
      input('x', x),
      input('offsets', offsets),
      output(
        'y',
        Int32Array.from(offsets, (o) => x[o + 7]!),
      ),
    ],
    (b, x, offsets, y) => {
      b.for(0, 4, (i) => {
        const offset = b.clamp(b.load(offsets!, i), -4, 3);
        b.store(y!, i, b.load(x!, b.add(offset, 7)));
      });
    },
  );
}

function constants(): KernelCase {
  const reals = [
    0,
    -0,
    1e-45,
    0.1,
    3.4028234663852886e38,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ].map(Math.fround);
  const longs = [0n, -1n, 1n << 40n, (1n << 63n) - 1n, -(1n << 63n)];
  const ints = [0, -1, 2147483647, -2147483648];
  const after = [
    output('r', Float32Array.from(reals)),
    output('l', BigInt64Array.from(longs)),
    output('i', Int32Array.from(ints)),
  ];
  return kernelCase('constants', after, (b, r, l, i) => {
    for (const [n, v] of reals.entries()) b.store(r!, n, b.f32(v));
    for (const [n, v] of longs.entries()) b.store(l!, n, b.i64(v));
    for (const [n, v] of ints.entries()) b.store(i!, n, b.constant(v));
  });
}

function scalarParameters(): KernelCase {
  const count: LoopValue = { type: 'i32', name: 'count' };
  const factor: LoopValue = { type: 'f32', name: 'factor' };
  const offset: LoopValue = { type: 'i64', name: 'offset' };
  const negate: LoopValue = { type: 'bool', name: 'negate' };
  const after = [
    output('r', Float32Array.of(-Math.fround(0.1), -2 * Math.fround(0.1), 0)),
    output('l', BigInt64Array.of(5n, 6n, 0n)),
  ];
  return kernelCase(
    'scalar parameters of every type',
    [input('x', Float32Array.of(1, 2, 3)), ...after],
    (b, x, r, l) => {
      b.for(0, count, (i) => {
        const v = b.mul(b.load(x!, i), factor);
        b.store(r!, i, b.select(negate, b.unary('neg', v), v));
        b.store(l!, i, b.add(offset, b.convert(i, 'i64')));
      });
    },
    [count, factor, offset, negate],
    [2, 0.1, 5n, 1],
  );
}

export function controlCases(): KernelCase[] {
  return [matrixProduct(), permutedCarries(), swappedCarries(), emptyLoop(), position(), nestedConditionals()]
    .concat([
      conditionalSums(),
      longSum(),
      unrolledLoop(),
      vectorAccumulators(),
      laneBesideVariable(),
      scratchAndInout(),
      lowBits(),
    ])
    .concat([loadBeforeStore(), indicesFromBelow(), constants(), scalarParameters()]);
}
