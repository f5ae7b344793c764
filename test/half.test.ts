// The 16-bit floating-point storage type.
import { describe, expect, it } from 'vitest';
import { halfToNumber } from '../ir/half.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { allocateTensor } from '../ir/tensor-data.ts';
import { tensorType } from '../ir/types.ts';

describe('half floats', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x03ff, 1023 * 2 ** -24],
    [0x0001, 2 ** -24],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])('%i', (bits, value) => {
    expect(halfToNumber(bits)).toBe(value);
  });

  it('grow with their bits, by one part in 2^10 at most', () => {
    for (let bits = 1; bits <= 0x7bff; bits++) {
      const [below, here] = [halfToNumber(bits - 1), halfToNumber(bits)];
      expect(here).toBeGreaterThan(below);
      expect(here - below).toBeLessThanOrEqual(Math.max(below * 2 ** -10, 2 ** -24));
      expect(halfToNumber(bits | 0x8000)).toBe(-here);
    }
  });

  it('become f32 by their reference, which folds constants', () => {
    const x = { type: tensorType('f16', [3]), data: Uint16Array.of(0x3c00, 0xc000, 0x0001) };
    const y = allocateTensor(tensorType('f32', [3]));
    dequantize.reference?.({ operands: [x], attributes: { kept: false }, results: [y] });
    expect([...(y.data as Float32Array)]).toEqual([1, -2, 2 ** -24]);
  });
});
