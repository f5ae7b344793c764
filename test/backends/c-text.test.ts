// What generated C looks like: one kernel as a whole, and the expressions that readers meet most.
import { expect, it } from 'vitest';
import { floatText } from '../../backends/c/literals.ts';
import { printC } from '../../backends/c/print.ts';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Kernel, LoopProgram, LoopValue, Storage } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { Random } from '../../src/example/random.ts';

/** The function of a kernel whose constant buffers hold `data`. */
function printed(kernel: Kernel, data: ReadonlyMap<Buffer, Storage['data']> = new Map()): string {
  const storages = kernel.buffers.map(({ name, element, length, role }): Storage => {
    const contents = [...data].find(([b]) => b.name === name)?.[1];
    const storage = role === 'in' ? 'input' : role === 'const' ? 'const' : 'output';
    return { name, element, length, storage, ...(contents === undefined ? {} : { data: contents }) };
  });
  const args = storages.map((storage) => ({ storage, offset: 0 }));
  const program: LoopProgram = {
    name: 'net',
    storages,
    kernels: [kernel],
    calls: [{ kernel, args, scalars: [], location: '' }],
    arena: { offsets: new Map(), bytes: 0, lowerBound: 0 },
  };
  const contents = printC(program, { name: 'net' }).get('net.c') ?? '';
  const source = typeof contents === 'string' ? contents : new TextDecoder().decode(contents);
  const start = source.indexOf(`static NOINLINE void net_${kernel.name}(`);
  return source.slice(start, source.indexOf('\n}\n', start) + 3);
}

it('a convolution reads as if written by hand', () => {
  const buffer = (name: string, element: Buffer['element'], length: number, role: Buffer['role']): Buffer => ({
    ...{ name, element, length, role },
  });
  const x = buffer('x', 'i8', 490, 'in');
  const weights = buffer('weights', 'i8', 320, 'const');
  const [bias, multiplier, shift] = ['bias', 'multiplier', 'shift'].map((n) => buffer(n, 'i32', 8, 'const'));
  const y = buffer('y', 'i8', 1000, 'out');
  const b = new LoopBuilder();
  const inside = (i: LoopValue, extent: number) => b.and(b.compare('ge', i, 0), b.compare('lt', i, extent));
  const rows = (row: LoopValue) =>
    b.for(0, 5, (column) => b.for(0, 8, (out) => point(row, column, out), { name: 'out' }), { name: 'column' });
  const point = (row: LoopValue, column: LoopValue, out: LoopValue) => {
    const tap = (iy: LoopValue, ky: LoopValue) => (kx: LoopValue, carried: readonly LoopValue[]) => {
      const ix = b.sub(b.add(b.mul(column, 2), kx), 1);
      const product = () => {
        const at = b.add(b.mul(out, 40), b.add(b.mul(ky, 4), kx));
        return b.mul(b.sub(b.load(x, b.add(b.mul(iy, 10), ix)), 83), b.load(weights, at));
      };
      return b.ifElse(
        inside(ix, 10),
        () => [b.add(carried[0]!, product())],
        () => carried,
      );
    };
    const line = (ky: LoopValue, carried: readonly LoopValue[]) => {
      const iy = b.sub(b.add(b.mul(row, 2), ky), 4);
      return b.ifElse(
        inside(iy, 49),
        () => b.forCarry(0, 4, carried, tap(iy, ky), { name: 'kx' }),
        () => carried,
      );
    };
    const [acc] = b.forCarry(0, 10, [b.load(bias!, out)], line, { name: 'ky', carry: ['acc'] });
    const scaled = b.requantize(acc!, b.load(multiplier!, out), b.load(shift!, out), 'double');
    const at = b.add(b.mul(b.add(b.mul(row, 5), column), 8), out);
    b.store(y, at, b.clamp(b.add(scaled, -128), -128, 127));
  };
  b.for(0, 25, rows, { name: 'row', mode: 'parallel' });
  const kernel = b.finish('conv2d', 'Convolution.', [x, weights, bias!, multiplier!, shift!, y]);
  const data = new Map<Buffer, Storage['data']>([
    [weights, new Int8Array(320).fill(-3)],
    [bias!, new Int32Array(8).fill(1000)],
    [multiplier!, new Int32Array(8).fill(1500000000)],
    [shift!, new Int32Array(8).fill(-5)],
  ]);
  expect(printed(kernel, data)).toBe(`static NOINLINE void net_conv2d(
    const int8_t *x,
    const int8_t *weights,
    const int32_t *bias,
    const int32_t *multiplier,
    const int32_t *shift,
    int8_t *restrict y) {
  for (int32_t row = 0; row < 25; ++row) {
    for (int32_t column = 0; column < 5; ++column) {
      for (int32_t out = 0; out < 8; ++out) {
        int32_t acc = bias[out];
        for (int32_t ky = 0; ky < 10; ++ky) {
          const int32_t base = row * 2 + ky - 4;
          if (base >= 0 && base < 49) {
            for (int32_t kx = 0; kx < 4; ++kx) {
              const int32_t base1 = column * 2 + kx - 1;
              if (base1 >= 0 && base1 < 10) {
                acc += (x[base * 10 + base1] - 83) * weights[out * 40 + ky * 4 + kx];
              }
            }
          }
        }
        y[(row * 5 + column) * 8 + out] =
            (int8_t)clamp_i8(requantize_double_onto(acc, multiplier[out], shift[out], -128));
      }
    }
  }
}
`);
});

it('addition that may wrap is spelled so that it may', () => {
  const x: Buffer = { name: 'x', element: 'i32', length: 8, role: 'inout' };
  const b = new LoopBuilder();
  b.store(x, 0, b.add(b.load(x, 1), b.load(x, 2)));
  b.store(x, 1, b.add(b.shr(b.load(x, 1), 1), 5));
  expect(printed(b.finish('sums', '', [x]))).toBe(`static NOINLINE void net_sums(int32_t *restrict x) {
  x[0] = wrap_add_i32(x[1], x[2]);
  x[1] = (x[1] >> 1) + 5;
}
`);
});

it('carried values that trade places go through temporaries, others do not', () => {
  const y: Buffer = { name: 'y', element: 'i32', length: 3, role: 'out' };
  const b = new LoopBuilder();
  const [p, q, r] = b.forCarry(
    0,
    9,
    [1, 2, 3].map((n) => b.constant(n)),
    (i, [u, v, w]) => [v!, u!, b.min(b.add(w!, i), 100)],
    { carry: ['p', 'q', 'r'] },
  );
  for (const [at, v] of [p, q, r].entries()) b.store(y, at, v!);
  expect(printed(b.finish('swap', '', [y]))).toBe(`static NOINLINE void net_swap(int32_t *restrict y) {
  int32_t p = 1;
  int32_t q = 2;
  int32_t r = 3;
  for (int32_t i = 0; i < 9; ++i) {
    const int32_t next_p = q;
    const int32_t next_q = p;
    r = min_i32(r + i, 100);
    p = next_p;
    q = next_q;
  }
  y[0] = p;
  y[1] = q;
  y[2] = r;
}
`);
});

it('f32 constants are short, read back as they were, and are never near a rounding tie', () => {
  const texts = [0, -0, 1, 0.1, -2.5, 16777216, 3.4028234663852886e38, 1.401298464324817e-45, 1 / 3].map(Math.fround);
  expect(texts.map(floatText)).toEqual([
    '0.0f',
    '-0.0f',
    '1.0f',
    '0.1f',
    '-2.5f',
    '16777216.0f',
    '3.4028235e+38f',
    '1.4012985e-45f',
    '0.33333334f',
  ]);
  const random = new Random(3);
  for (let i = 0; i < 20_000; i++) {
    const x = new Float32Array(Uint32Array.of(random.next()).buffer)[0]!;
    if (!Number.isFinite(x)) continue;
    const value = Number(floatText(x).slice(0, -1));
    expect(Math.fround(value)).toBe(x);
    expect(Math.abs(value - x)).toBeLessThan(Math.abs(x) * 2 ** -25);
  }
});
