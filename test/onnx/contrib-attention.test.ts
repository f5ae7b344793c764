// com.microsoft's attention, against ONNX Runtime's kernels.
import { describe, it } from 'vitest';
import {
  type Case,
  expectLikeOrt,
  float,
  int,
  ints,
  known,
  floats as numbers,
  operandsOf,
  scale,
  zero,
} from './contrib-models.ts';
import { onnxRuntime } from './onnx-runtime.ts';
import { type Node, node } from './write-model.ts';

const { bytes, knownBytes, floats, weights, integers } = operandsOf(41);

/** Some positions to be seen, at least the first of each row. */
const mask = (...shape: number[]) => {
  const drawn = integers('i32', 0, 1, ...shape);
  return { ...drawn, values: drawn.values.map((x, i) => (i % (shape.at(-1) ?? 1) === 0 ? 1 : x)) };
};
const places = (...values: number[]) => ({ ...known('i32', [values.length], values), fed: true });

const heads = int('num_heads', 2);
const own = () => [floats(2, 5, 8), weights(8, 24), weights(24)];
const selves: Case[] = [
  { op: 'Attention', operands: own(), attributes: [heads] },
  {
    op: 'Attention',
    operands: [floats(2, 5, 8), weights(8, 24)],
    attributes: [heads, float('scale', 0.4)],
    // ONNX Runtime reads a bias that is not there.
    instead: [
      node('Constant', [], ['none'], [numbers('value_floats', ...new Array<number>(24).fill(0))]),
      { ...node('Attention', ['x0', 'x1', 'none'], ['y0'], [heads, float('scale', 0.4)]), domain: 'com.microsoft' },
    ],
  },
  { op: 'Attention', operands: own(), attributes: [heads, int('unidirectional', 1)] },
  { op: 'Attention', operands: [...own(), mask(2, 5)], attributes: [heads] },
  { op: 'Attention', operands: [...own(), mask(2, 5)], attributes: [heads, int('unidirectional', 1)] },
  { op: 'Attention', operands: [...own(), mask(2, 5, 5)], attributes: [heads, float('mask_filter_value', -50)] },
  { op: 'Attention', operands: [...own(), places(3, 5)], attributes: [heads] },
  { op: 'Attention', operands: [...own(), places(4, 5, 1, 0)], attributes: [heads] },
  { op: 'Attention', operands: [...own(), undefined, undefined, floats(1, 2, 5, 5)], attributes: [heads] },
  { op: 'Attention', operands: [...own(), mask(2, 5), undefined, floats(2, 1, 5, 5)], attributes: [heads] },
  {
    op: 'Attention',
    operands: [floats(2, 5, 8), weights(8, 28), weights(28)],
    attributes: [heads, ints('qkv_hidden_sizes', 8, 8, 12)],
  },
];

const three = () => [floats(2, 5, 8), floats(2, 6, 8), floats(2, 6, 12)];
const many: Case[] = [
  { op: 'MultiHeadAttention', operands: three(), attributes: [heads] },
  { op: 'MultiHeadAttention', operands: [...three(), weights(28)], attributes: [heads, float('scale', 0.3)] },
  { op: 'MultiHeadAttention', operands: [...three(), undefined, mask(2, 6)], attributes: [heads] },
  { op: 'MultiHeadAttention', operands: [...three(), weights(28), mask(2, 5, 6)], attributes: [heads] },
  {
    op: 'MultiHeadAttention',
    operands: [...three(), undefined, undefined, floats(1, 2, 5, 6)],
    attributes: [heads],
  },
  {
    op: 'MultiHeadAttention',
    operands: [floats(2, 5, 8), floats(2, 5, 8), floats(2, 5, 8)],
    attributes: [heads, int('unidirectional', 1)],
    outputs: [0, 1, 2],
  },
  {
    op: 'MultiHeadAttention',
    operands: [floats(2, 5, 8), floats(2, 2, 6, 4), floats(2, 2, 6, 4)],
    attributes: [heads],
  },
];

/** Packed operands, which ONNX Runtime has on GPUs alone: to it they are given apart. */
const apart = (name: string, parts: string[], length: number): Node[] => [
  node('Constant', [], [`${name}_shape`], [ints('value_ints', 2, length, 8)]),
  node(
    'Split',
    [name],
    parts.map((part) => `${part}_part`),
    [int('axis', 3)],
  ),
  ...parts.map((part) => node('Reshape', [`${part}_part`, `${name}_shape`], [part])),
];
const multiHead = (...input: string[]): Node => ({
  ...node('MultiHeadAttention', input, ['y0'], [heads]),
  domain: 'com.microsoft',
});
const packed: Case[] = [
  {
    op: 'MultiHeadAttention',
    operands: [floats(2, 5, 2, 3, 4), undefined, undefined, weights(24)],
    attributes: [heads],
    instead: [...apart('x0', ['q', 'k', 'v'], 5), multiHead('q', 'k', 'v', 'x3')],
  },
  {
    op: 'MultiHeadAttention',
    operands: [floats(2, 5, 8), floats(2, 6, 2, 2, 4)],
    attributes: [heads],
    instead: [...apart('x1', ['k', 'v'], 6), multiHead('x0', 'k', 'v')],
  },
];

const quantized = (
  [
    ['u8', 'i8'],
    ['u8', 'u8'],
  ] as const
).flatMap(([x, w]): Case[] => {
  const start = () => [bytes(x, 2, 5, 8), knownBytes(w, 8, 24), weights(24), scale(0.02)];
  const columns = known(
    'f32',
    [24],
    Array.from({ length: 24 }, (_, i) => Math.fround(0.005 + 0.0004 * i)),
  );
  return [
    { op: 'QAttention', operands: [...start(), scale(0.01), undefined, zero(x, 3)], attributes: [heads] },
    {
      op: 'QAttention',
      operands: [...start(), scale(0.01), places(3, 5), zero(x, 100), zero(w, 4)],
      attributes: [heads, int('unidirectional', 1)],
    },
    {
      op: 'QAttention',
      operands: [...start(), columns, undefined, zero(x, 3), knownBytes(w, 24)],
      attributes: [heads],
    },
  ];
});

const cases: Readonly<Record<string, readonly Case[]>> = { selves, many, packed, quantized };

describe.skipIf(onnxRuntime === undefined)('like ONNX Runtime', () => {
  for (const [name, list] of Object.entries(cases)) {
    it.each(list.map((one, i) => ({ ...one, i })))(`${name} $i: $op`, expectLikeOrt);
  }
});
