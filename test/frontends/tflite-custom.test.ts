// Custom operators against their own published kernels, worked out apart.
import { describe, expect, it } from 'vitest';
import { createReferenceRunner } from '../../ir/interpreter.ts';
import { bytesOf } from '../../ir/tensor-data.ts';
import { executable, runPasses } from '../../passes/pipeline.ts';
import { importTflite } from '../../src/frontends/tflite/importer.ts';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';
import { seededRandom } from '../../src/random-tensor.ts';

interface Case {
  readonly x: readonly [number, number, number, number];
  readonly w: readonly [number, number, number, number];
  readonly same: boolean;
  readonly stride: readonly [number, number];
  readonly y: readonly [number, number, number, number];
}

const numbers = (count: number, seed: number) => {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => Math.floor(random() * 17) - 8);
};
const count = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);

function modelOf({ x, w, same, stride, y }: Case, options?: Uint8Array): Uint8Array {
  const customOptions = options ?? bytesOf(Int32Array.of(same ? 1 : 2, stride[1], stride[0]));
  const tensor = (shape: readonly number[], buffer: number, name: string) => {
    return { shape: [...shape], type: 'FLOAT32' as const, buffer, name };
  };
  return encodeTflite({
    version: 3,
    operatorCodes: [{ builtinCode: 'CUSTOM', customCode: 'Convolution2DTransposeBias', version: 1 }],
    subgraphs: [
      {
        tensors: [tensor(x, 0, 'x'), tensor(w, 1, 'w'), tensor([w[0]], 2, 'b'), tensor(y, 0, 'y')],
        inputs: [0],
        outputs: [3],
        operators: [{ opcodeIndex: 0, inputs: [0, 1, 2], outputs: [3], customOptions }],
      },
    ],
    buffers: [{}, { data: bytesOf(numbers(count(w), 2)) }, { data: bytesOf(numbers(w[0], 3)) }],
  });
}

/** Every input element is added to the outputs it reaches; whole numbers, so that no order of addition shows. */
function scattered({ x, w, same, stride, y }: Case): number[] {
  const [xs, ws, bias] = [numbers(count(x), 1), numbers(count(w), 2), numbers(w[0], 3)];
  const out = Array.from({ length: count(y) }, (_, i) => bias[i % y[3]] ?? 0);
  const pad = (d: 0 | 1) => (same ? Math.floor(Math.max(0, w[d + 1]! - ((x[d + 1]! - 1) % stride[d]) - 1) / 2) : 0);
  for (let i = 0; i < xs.length; i++) {
    const [c, column, row] = [i % x[3], Math.floor(i / x[3]) % x[2], Math.floor(i / x[3] / x[2])];
    for (let k = 0; k < ws.length; k++) {
      if (k % w[3] !== c) continue;
      const [kx, ky, o] = [
        Math.floor(k / w[3]) % w[2],
        Math.floor(k / w[3] / w[2]) % w[1],
        Math.floor(k / w[3] / w[2] / w[1]),
      ];
      const [to, at] = [row * stride[0] + ky - pad(0), column * stride[1] + kx - pad(1)];
      if (to < 0 || to >= y[1] || at < 0 || at >= y[2]) continue;
      out[(to * y[2] + at) * y[3] + o]! += xs[i]! * ws[k]!;
    }
  }
  return out;
}

const cases: readonly Case[] = [
  { x: [1, 3, 2, 2], w: [3, 2, 2, 2], same: true, stride: [2, 2], y: [1, 5, 4, 3] },
  { x: [1, 3, 3, 1], w: [2, 3, 3, 1], same: true, stride: [1, 2], y: [1, 3, 5, 2] },
  { x: [1, 2, 3, 2], w: [1, 3, 2, 2], same: false, stride: [2, 1], y: [1, 5, 4, 1] },
];

describe('Convolution2DTransposeBias', () => {
  it.each(cases)('x $x, w $w, same $same, stride $stride', (c) => {
    const { module } = importTflite(modelOf(c), { name: 'custom' });
    runPasses(module, { passes: executable });
    const [y] = createReferenceRunner(module.entry).run([numbers(count(c.x), 1)]);
    expect(Array.from(y!.data as Float32Array)).toEqual(scattered(c));
  });
  it('refuses options that are too short or make no sense', () => {
    const c = cases[0]!;
    expect(() => importTflite(modelOf(c, new Uint8Array(8)), { name: 'custom' })).toThrow('I8C0002');
    const noStride = bytesOf(Int32Array.of(1, 0, 2));
    expect(() => importTflite(modelOf(c, noStride), { name: 'custom' })).toThrow('I8C0207');
    const noPadding = bytesOf(Int32Array.of(7, 2, 2));
    expect(() => importTflite(modelOf(c, noPadding), { name: 'custom' })).toThrow('I8C0203');
  });
});
