// com.microsoft's products of integer matrices, against ONNX Runtime's kernels.
import { describe, it } from 'vitest';
import { type Case, expectLikeOrt, float, int, known, operandsOf, scale, zero } from './contrib-models.ts';
import { onnxRuntime } from './onnx-runtime.ts';

const { bytes, knownBytes, integers, floats, weights } = operandsOf(23);
const middle = { u8: 128, i8: 0 } as const;
const kinds = [
  ['u8', 'i8'],
  ['i8', 'i8'],
  ['u8', 'u8'],
] as const;

/** One scale per column, all positive. */
const scales = (count: number) =>
  known(
    'f32',
    [count],
    Array.from({ length: count }, (_, i) => Math.fround(0.01 + 0.003 * i)),
  );

const dynamic = (['u8', 'i8'] as const).flatMap((w): Case[] => {
  const op = 'DynamicQuantizeMatMul';
  const matrix = () => knownBytes(w, 12, 5);
  return [
    { op, operands: [floats(3, 12), matrix(), scale(0.02)] },
    { op, operands: [floats(2, 3, 12), matrix(), scale(0.02), zero(w, middle[w] + 3), weights(5)] },
    { op, operands: [floats(3, 12), matrix(), scales(5), knownBytes(w, 5), weights(5)] },
    { op, operands: [floats(3, 12), matrix(), scales(5), undefined, weights(5)] },
    { op, operands: [floats(2, 3, 12), knownBytes(w, 2, 12, 5), scale(0.02), zero(w, 4)] },
  ];
});

const toFloat = kinds.flatMap(([a, b]): Case[] => {
  const op = 'MatMulIntegerToFloat';
  return [
    { op, operands: [bytes(a, 3, 12), knownBytes(b, 12, 5), scale(0.03), scale(0.02)] },
    {
      op,
      operands: [
        ...[bytes(a, 2, 3, 12), knownBytes(b, 12, 5), scale(0.03), scales(5)],
        ...[zero(a, middle[a] + 7), knownBytes(b, 5), weights(5)],
      ],
    },
    {
      op,
      operands: [
        ...[bytes(a, 2, 3, 12), bytes(b, 2, 12, 5), scale(0.03), scale(0.01)],
        ...[zero(a, middle[a] + 7), zero(b, middle[b] - 2)],
      ],
    },
  ];
});

const gemms = kinds.flatMap(([a, b]): Case[] => {
  const op = 'QGemm';
  const left = () => [bytes(a, 4, 12), scale(0.03), zero(a, middle[a] + 7)];
  const end = [scale(0.15), zero(a, middle[a] - 5)];
  const bias = (...shape: number[]) => ({ ...integers('i32', -2000, 2000, ...shape), fed: false });
  return [
    { op, operands: [...left(), knownBytes(b, 12, 5), scale(0.02), zero(b, middle[b]), bias(5), ...end] },
    { op, operands: [...left(), knownBytes(b, 12, 5), scale(0.02), zero(b, middle[b] + 3), undefined, ...end] },
    {
      op,
      operands: [...left(), knownBytes(b, 5, 12), scales(5), knownBytes(b, 5), bias(5), ...end],
      attributes: [int('transB', 1), float('alpha', 0.5)],
    },
    {
      op,
      operands: [
        ...[bytes(a, 12, 4), scale(0.03), zero(a, middle[a] + 7)],
        ...[knownBytes(b, 12, 5), scale(0.02), zero(b, middle[b]), bias(4, 5), ...end],
      ],
      attributes: [int('transA', 1)],
    },
    { op, operands: [...left(), knownBytes(b, 12, 5), scale(0.02), zero(b, middle[b]), bias(4, 1), ...end] },
    { op, operands: [...left(), knownBytes(b, 12, 5), scales(5), knownBytes(b, 5), bias(1, 5)] },
    {
      op,
      operands: [...left(), knownBytes(b, 12, 5), scale(0.02), zero(b, middle[b])],
      attributes: [float('alpha', 2)],
    },
    { op, operands: [...left(), bytes(b, 12, 5), scale(0.02), zero(b, middle[b]), bias(5), ...end] },
  ];
});

const shorts: Case[] = [
  { op: 'MatMulInteger16', operands: [integers('i16', -3000, 3000, 3, 7), integers('i16', -3000, 3000, 7, 5)] },
];

const cases: Readonly<Record<string, readonly Case[]>> = { dynamic, toFloat, gemms, shorts };

describe.skipIf(onnxRuntime === undefined)('like ONNX Runtime', () => {
  for (const [name, list] of Object.entries(cases)) {
    it.each(list.map((one, i) => ({ ...one, i })))(`${name} $i: $op`, expectLikeOrt);
  }
});
