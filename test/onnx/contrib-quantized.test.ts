// com.microsoft's operators on quantized tensors, against ONNX Runtime's kernels.
import { describe, it } from 'vitest';
import { type Case, expectLikeOrt, float, int, ints, known, operandsOf, scale, zero } from './contrib-models.ts';
import { onnxRuntime } from './onnx-runtime.ts';
import { node } from './write-model.ts';

const { bytes, knownBytes, booleans, floats } = operandsOf(11);

const kinds = ['u8', 'i8'] as const;
const middle = { u8: 128, i8: 0 } as const;

/** x, its scale and zero point, and those of the result. */
const unaryOperands = (element: 'u8' | 'i8', shape: readonly number[], [x, y]: readonly [number, number], at = 7) => [
  bytes(element, ...shape),
  scale(x),
  zero(element, middle[element] + 3),
  scale(y),
  zero(element, middle[element] - at),
];

/** The binary operator by ONNX's own: ONNX Runtime wants both zero points of its own operators. */
const threeSteps = (op: string, result: string[]) => [
  node('DequantizeLinear', ['x0', 'x1', 'x2'], ['a']),
  node('DequantizeLinear', ['x3', 'x4'], ['b']),
  node(op.slice('QLinear'.length), ['a', 'b'], ['c']),
  node('QuantizeLinear', ['c', ...result], ['y0']),
];

const pairs = (op: string, element: 'u8' | 'i8', y: number): Case[] => {
  const a = () => [bytes(element, 2, 3, 5, 7), scale(0.021), zero(element, middle[element] + 9)];
  const end = [scale(y), zero(element, middle[element] - 4)];
  return [
    { op, operands: [...a(), bytes(element, 2, 3, 5, 7), scale(0.034), zero(element, middle[element] - 2), ...end] },
    { op, operands: [...a(), knownBytes(element, 3, 1, 1), scale(0.034), zero(element, middle[element] - 2), ...end] },
    {
      op,
      operands: [...a(), bytes(element, 7), scale(0.011), undefined, ...end],
      instead: threeSteps(op, ['x6', 'x7']),
    },
    // Without a zero point of its own the result has the type of the operands, which QuantizeLinear cannot say.
    ...(element === 'i8'
      ? []
      : [
          {
            op,
            operands: [...a(), knownBytes(element), scale(0.011), undefined, scale(y)],
            instead: threeSteps(op, ['x6']),
          },
        ]),
  ];
};

const pools = kinds.flatMap((element): Case[] => [
  {
    op: 'QLinearAveragePool',
    operands: unaryOperands(element, [2, 3, 9, 8], [0.03, 0.02]),
    attributes: [ints('kernel_shape', 3, 2), ints('strides', 2, 2)],
  },
  {
    op: 'QLinearAveragePool',
    operands: unaryOperands(element, [1, 4, 8, 7], [0.03, 0.02]),
    attributes: [ints('kernel_shape', 3, 3), ints('pads', 1, 1, 1, 1), int('ceil_mode', 1), ints('strides', 2, 2)],
  },
  {
    op: 'QLinearAveragePool',
    operands: unaryOperands(element, [1, 4, 8, 7], [0.03, 0.02]),
    attributes: [ints('kernel_shape', 3, 3), ints('pads', 1, 0, 1, 1), int('count_include_pad', 1)],
  },
  {
    op: 'QLinearAveragePool',
    operands: unaryOperands(element, [1, 8, 7, 4], [0.03, 0.02]),
    attributes: [ints('kernel_shape', 2, 3), ints('strides', 2, 1), int('channels_last', 1)],
  },
  {
    op: 'QLinearAveragePool',
    operands: unaryOperands(element, [1, 3, 11], [0.03, 0.02]),
    attributes: [ints('kernel_shape', 4), ints('strides', 3)],
  },
  { op: 'QLinearGlobalAveragePool', operands: unaryOperands(element, [2, 5, 6, 7], [0.03, 0.005]) },
  {
    op: 'QLinearGlobalAveragePool',
    operands: unaryOperands(element, [2, 6, 7, 5], [0.03, 0.005]),
    attributes: [int('channels_last', 1)],
  },
  { op: 'QLinearGlobalAveragePool', operands: unaryOperands(element, [1, 5, 64, 64], [0.5, 0.02]) },
]);

const functions = kinds.flatMap((element): Case[] => [
  { op: 'QLinearLeakyRelu', operands: unaryOperands(element, [256], [0.05, 0.04]), attributes: [float('alpha', 0.2)] },
  { op: 'QLinearLeakyRelu', operands: unaryOperands(element, [2, 100], [0.05, 0.04]) },
  { op: 'QLinearSigmoid', operands: unaryOperands(element, [256], [0.05, 1 / 256], 128) },
  { op: 'QLinearSigmoid', operands: unaryOperands(element, [3, 50], [0.02, 0.01]) },
  ...[-1, 1, 0].map(
    (axis): Case => ({
      op: 'QLinearSoftmax',
      operands: unaryOperands(element, [3, 5, 7], [0.06, 1 / 256], 128),
      attributes: [int('axis', axis), int('opset', 13)],
    }),
  ),
  {
    op: 'QLinearSoftmax',
    operands: unaryOperands(element, [3, 5, 7], [0.06, 0.002], 128),
    attributes: [int('axis', 1), int('opset', 11)],
  },
]);

/** A mean by ONNX's own three operators: ONNX Runtime has no kernel for QLinearReduceMean. */
const means = kinds.flatMap((element): Case[] => {
  const case_ = (keep: number, axes: number[]): Case => ({
    op: 'QLinearReduceMean',
    operands: unaryOperands(element, [2, 6, 5, 3], [0.05, 0.03]),
    attributes: [ints('axes', ...axes), int('keepdims', keep)],
    instead: [
      node('DequantizeLinear', ['x0', 'x1', 'x2'], ['real']),
      node('ReduceMean', ['real'], ['mean'], [ints('axes', ...axes), int('keepdims', keep)]),
      node('QuantizeLinear', ['mean', 'x3', 'x4'], ['y0']),
    ],
  });
  return [case_(1, [1, 2]), case_(0, [-1]), case_(0, [0, 3])];
});

const joins = kinds.flatMap((element): Case[] => [
  {
    op: 'QLinearConcat',
    operands: [
      scale(0.04),
      zero(element, middle[element] + 5),
      ...[bytes(element, 2, 3, 4), scale(0.02), zero(element, middle[element] - 9)],
      ...[bytes(element, 2, 1, 4), scale(0.04), zero(element, middle[element] + 5)],
      ...[knownBytes(element, 2, 2, 4), scale(0.07), zero(element, middle[element])],
    ],
    attributes: [int('axis', 1)],
  },
  {
    op: 'QLinearWhere',
    operands: [
      booleans(2, 1, 6),
      ...[bytes(element, 2, 4, 6), scale(0.02), zero(element, middle[element] - 9)],
      ...[bytes(element, 4, 1), scale(0.05), zero(element, middle[element] + 1)],
      ...[scale(0.04), zero(element, middle[element] + 5)],
    ],
  },
]);

const convolutions: Case[] = (
  [
    ['u8', 'i8'],
    ['i8', 'i8'],
    ['u8', 'u8'],
  ] as const
).flatMap(([x, w]) => {
  const end = [scale(0.3), zero(x, middle[x] + 2)];
  const last = { op: 'QLinearConv', attributes: [int('channels_last', 1), ints('pads', 1, 1, 1, 1)] };
  const bias = known('i32', [4], [-900, 0, 317, 2500]);
  const start = [bytes(x, 1, 6, 7, 3), scale(0.02), zero(x, middle[x] - 11)];
  return [{ ...last, operands: [...start, knownBytes(w, 4, 3, 3, 3), scale(0.013), zero(w, middle[w]), ...end, bias] }];
});

/** With the 16-bit types that ONNX Runtime's tools write in this domain for operator sets before 21. */
const edges = (
  [
    ['i16', -50],
    ['u8', 131],
    ['i8', -4],
  ] as const
).flatMap(([element, at]): Case[] => [
  { op: 'QuantizeLinear', operands: [{ ...floats(3, 40) }, scale(0.0121), zero(element, at)] },
]);

const cases: Readonly<Record<string, readonly Case[]>> = {
  QLinearAdd: kinds.flatMap((element) => pairs('QLinearAdd', element, 0.05)),
  QLinearMul: kinds.flatMap((element) => pairs('QLinearMul', element, 0.04)),
  pools,
  functions,
  means,
  joins,
  convolutions,
  edges,
};

describe.skipIf(onnxRuntime === undefined)('like ONNX Runtime', () => {
  for (const [name, list] of Object.entries(cases)) {
    it.each(list.map((one, i) => ({ ...one, i })))(`${name} $i: $op`, expectLikeOrt);
  }
});
