// STRIDED_SLICE: masks and clamping against what Python's slices take, written here as the walk that they are.
import { describe, expect, it } from 'vitest';
import { tensorType } from '../../ir/types.ts';
import { resolveStridedSlice, type StridedSliceSpec } from '../../src/frontends/tflite/strided-slice.ts';
import { randomInteger, randomNumbers } from '../ops/operator-runs.ts';
import { fed, ints, type Options, runSingle } from './single-operator.ts';

const none = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0, offset: false };

/** x[a:b:c, ...] with `undefined` for what is left out, as lists and masks. */
function python(...entries: readonly (readonly (number | undefined)[])[]): StridedSliceSpec {
  const mask = (part: 0 | 1) => entries.reduce((bits, e, i) => bits | (e[part] === undefined ? 1 << i : 0), 0);
  return {
    ...none,
    begin: entries.map((e) => e[0] ?? 0),
    end: entries.map((e) => e[1] ?? 0),
    strides: entries.map((e) => e[2] ?? 1),
    beginMask: mask(0),
    endMask: mask(1),
  };
}

/** The indices that range(extent)[begin:end:step] holds. */
function walk(extent: number, begin: number | undefined, end: number | undefined, step: number): number[] {
  const position = (p: number) => (p < 0 ? p + extent : p);
  const behind = (p: number) => (step > 0 ? p >= extent : p < 0);
  const taken: number[] = [];
  let i = begin === undefined ? (step > 0 ? 0 : extent - 1) : position(begin);
  // A start outside moves to the first index inside, in the direction of the step.
  if (step > 0) i = Math.max(i, 0);
  else i = Math.min(i, extent - 1);
  const reached = (p: number) => end !== undefined && (step > 0 ? p >= position(end) : p <= position(end));
  for (; !behind(i) && !reached(i); i += step) taken.push(i);
  return taken;
}

describe('resolveStridedSlice', () => {
  it('takes what Python takes, for every begin, end and step', () => {
    const wrong: string[] = [];
    const places = [undefined, -9, -5, -4, -3, -1, 0, 1, 2, 4, 5, 9];
    for (const extent of [1, 4, 5]) {
      for (const begin of places) {
        for (const end of places) {
          for (const step of [-7, -2, -1, 1, 2, 7]) {
            const { start, size, step: by } = resolveStridedSlice([extent], python([begin, end, step]));
            const taken = Array.from({ length: size[0]! }, (_, k) => start[0]! + k * by[0]!);
            const expected = walk(extent, begin, end, step);
            if (taken.join() !== expected.join()) wrong.push(`${extent}: ${begin}:${end}:${step} takes ${taken}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('leaves trailing dimensions whole', () => {
    expect(resolveStridedSlice([4, 3, 2], python([1, 3]))).toEqual({
      start: [1, 0, 0],
      size: [2, 3, 2],
      step: [1, 1, 1],
      shape: [2, 3, 2],
    });
  });

  it('drops dimensions of which one index is taken', () => {
    const spec = { ...python([-1, 0], [1, 2]), shrinkAxisMask: 1 };
    expect(resolveStridedSlice([4, 3], spec)).toEqual({ start: [3, 1], size: [1, 1], step: [1, 1], shape: [1] });
    const outside = (begin: number, strides = 1) =>
      resolveStridedSlice([4], { ...none, begin: [begin], end: [0], strides: [strides], shrinkAxisMask: 1 });
    expect(() => outside(4)).toThrow(/takes index 4 of a dimension of 4/);
    expect(() => outside(-5)).toThrow(/takes index -5/);
    expect(() => outside(0, -1)).toThrow(/backwards/);
  });

  it('expands an ellipsis and adds axes', () => {
    // x[..., newaxis, 1:2]
    const spec = { ...python([], [], [1, 2]), ellipsisMask: 1, newAxisMask: 2 };
    expect(resolveStridedSlice([4, 3, 2], spec)).toEqual({
      start: [0, 0, 1],
      size: [4, 3, 1],
      step: [1, 1, 1],
      shape: [4, 3, 1, 1],
    });
    // x[0, ..., 1] where the ellipsis stands for nothing.
    const all = { ...python([0], [], [1]), ellipsisMask: 2, shrinkAxisMask: 5, beginMask: 0 };
    expect(resolveStridedSlice([4, 3], all).shape).toEqual([]);
    expect(() => resolveStridedSlice([4], { ...python([], []), ellipsisMask: 3 })).toThrow(/more than one ellipsis/);
  });

  it('counts ends from begins if told so', () => {
    const spec = { ...python([1, 2]), offset: true };
    expect(resolveStridedSlice([5], spec)).toEqual({ start: [1], size: [2], step: [1], shape: [2] });
  });

  it('refuses what fits no shape', () => {
    expect(() => resolveStridedSlice([4], python([0, 1], [0, 1]))).toThrow(/slices 2 dimensions of a tensor of rank 1/);
    expect(() => resolveStridedSlice([4], python([0, 1, 0]))).toThrow(/stride of 0/);
    expect(() => resolveStridedSlice([4], { ...python([0, 1]), end: [] })).toThrow(/as many begins/);
    const long = python(...Array.from({ length: 33 }, (): [] => []));
    expect(() => resolveStridedSlice([4], { ...long, newAxisMask: -1 })).toThrow(/at most 32/);
  });
});

describe('STRIDED_SLICE', () => {
  const random = randomNumbers(50);
  it.each(Array.from({ length: 20 }, (_, i) => i))('moves what the walk takes, case %i', () => {
    const shape = [randomInteger(random, 1, 5), randomInteger(random, 1, 5)];
    const place = (extent: number) => (random() < 0.3 ? undefined : randomInteger(random, -extent - 1, extent + 1));
    const entries = shape.map((n) => [place(n), place(n), random() < 0.5 ? 1 : -1]);
    const [rows, columns] = entries.map(([begin, end, step], d) => walk(shape[d]!, begin, end, step ?? 1));
    const expected = rows!.flatMap((i) => columns!.map((j) => i * shape[1]! + j));
    if (expected.length === 0) return;
    const { begin, end, strides, ...masks } = python(...entries);
    const options: Options = { type: 'StridedSliceOptions', value: masks };
    const count = shape[0]! * shape[1]!;
    const x = fed(
      tensorType('i16', shape),
      Array.from({ length: count }, (_, i) => i),
    );
    const result = tensorType('i16', [rows!.length, columns!.length]);
    const run = runSingle('STRIDED_SLICE', [x, ints(...begin), ints(...end), ints(...strides)], [result], options);
    expect(run.results[0]).toEqual(expected);
  });
});
