// com.microsoft's fused float operators and normalizations, against ONNX Runtime's kernels.
import { describe, it } from 'vitest';
import { type Case, expectLikeOrt, float, int, ints, floats as numbers, operandsOf, string } from './contrib-models.ts';
import { onnxRuntime } from './onnx-runtime.ts';

const { floats, weights, integers } = operandsOf(37);

const gelus: Case[] = [
  { op: 'Gelu', operands: [floats(3, 50)] },
  { op: 'BiasGelu', operands: [floats(2, 3, 50), weights(50)] },
  { op: 'FastGelu', operands: [floats(3, 50)] },
  { op: 'FastGelu', operands: [floats(3, 50), weights(50)] },
  { op: 'QuickGelu', operands: [floats(3, 50)] },
  { op: 'QuickGelu', operands: [floats(3, 50)], attributes: [float('alpha', 1)] },
];

const convolutions: Case[] = (
  [['Relu'], ['Tanh'], ['Sigmoid'], ['LeakyRelu', 0.3], ['Clip', -0.5, 0.75], ['HardSigmoid', 0.25, 0.4]] as const
).map(
  ([name, ...parameters]): Case => ({
    op: 'FusedConv',
    operands: [floats(1, 3, 7, 6), weights(4, 3, 3, 3), weights(4)],
    attributes: [
      ints('pads', 1, 1, 1, 1),
      ints('strides', 2, 1),
      string('activation', name),
      ...(parameters.length > 0 ? [numbers('activation_params', ...parameters)] : []),
    ],
  }),
);
const sums: Case[] = [
  {
    op: 'FusedConv',
    operands: [floats(1, 4, 7, 6), weights(4, 1, 3, 3), weights(4), floats(1, 4, 7, 6)],
    attributes: [ints('pads', 1, 1, 1, 1), int('group', 4), string('activation', 'Relu')],
  },
  { op: 'FusedConv', operands: [floats(1, 3, 7, 6), weights(4, 3, 3, 3), undefined, floats(1, 4, 5, 4)] },
];

const gemm = (name: string, ...attributes: NonNullable<Case['attributes']>): Case => ({
  op: 'FusedGemm',
  operands: [floats(4, 6), weights(5, 6), weights(5)],
  attributes: [int('transB', 1), float('alpha', 0.75), float('beta', 1.5), string('activation', name), ...attributes],
});
const gemms: Case[] = [
  gemm('Relu'),
  gemm('Tanh'),
  gemm('Sigmoid'),
  gemm('Softplus'),
  gemm('Softsign'),
  gemm('LeakyRelu', float('activation_alpha', 0.3)),
  gemm('Elu', float('activation_alpha', 0.7)),
  gemm('ThresholdedRelu', float('activation_alpha', 0.2)),
  gemm('HardSigmoid', float('activation_alpha', 0.3), float('activation_beta', 0.4)),
  gemm('Selu', float('activation_alpha', 1.5), float('activation_gamma', 1.1)),
  { ...gemm('Relu'), operands: [floats(4, 6), weights(5, 6), weights(4, 1)] },
  { ...gemm('Relu'), operands: [floats(4, 6), weights(5, 6)] },
];

const products: Case[] = ['FusedMatMul', 'TransposeMatMul'].flatMap((op): Case[] => [
  { op, operands: [floats(2, 3, 4), floats(2, 4, 5)], attributes: [float('alpha', 0.3)] },
  { op, operands: [floats(2, 4, 3), weights(5, 4)], attributes: [int('transA', 1), int('transB', 1)] },
  { op, operands: [floats(4), floats(4, 5)], attributes: [int('transA', 1)] },
]);
const batches: Case[] = [
  { op: 'FusedMatMul', operands: [floats(3, 2, 6, 4), floats(2, 6, 4, 5)], attributes: [int('transBatchA', 1)] },
  {
    op: 'FusedMatMul',
    operands: [floats(4, 2, 6, 3), floats(5, 2, 6, 4)],
    attributes: ['transBatchA', 'transA', 'transBatchB', 'transB'].map((name) => int(name, 1)),
  },
];

const normalizations: Case[] = [
  { op: 'SkipLayerNormalization', operands: [floats(2, 3, 16), floats(2, 3, 16), weights(16), weights(16)] },
  {
    op: 'SkipLayerNormalization',
    operands: [floats(2, 3, 16), floats(3, 16), weights(16), weights(16), weights(16)],
    attributes: [float('epsilon', 1e-3)],
    outputs: [0, 3],
  },
  { op: 'SkipLayerNormalization', operands: [floats(2, 3, 16), floats(1, 3, 16), weights(16)] },
  {
    op: 'SkipSimplifiedLayerNormalization',
    operands: [floats(2, 3, 16), floats(2, 3, 16), weights(16), weights(16)],
    outputs: [0, 3],
  },
  {
    op: 'SimplifiedLayerNormalization',
    domain: '',
    operands: [floats(2, 3, 16), weights(16)],
    attributes: [int('axis', -1), float('epsilon', 1e-3), int('stash_type', 1)],
    outputs: [0, 1],
  },
];

const embedding = (count: number) => integers('i32', 0, count - 1, 2, 5);
const embeddings: Case[] = [
  {
    op: 'EmbedLayerNormalization',
    operands: [
      ...[embedding(20), embedding(2), weights(20, 8), weights(7, 8), weights(2, 8)],
      ...[weights(8), weights(8), integers('i32', 0, 1, 2, 5)],
    ],
    outputs: [0, 1, 2],
  },
  {
    op: 'EmbedLayerNormalization',
    operands: [
      ...[embedding(20), undefined, weights(20, 8), weights(7, 8), undefined],
      ...[weights(8), weights(8), undefined, integers('i32', 0, 6, 1, 5)],
    ],
    attributes: [float('epsilon', 1e-5)],
    outputs: [0, 1],
  },
];

const cases: Readonly<Record<string, readonly Case[]>> = {
  gelus,
  convolutions,
  sums,
  gemms,
  products,
  batches,
  normalizations,
  embeddings,
};

describe.skipIf(onnxRuntime === undefined)('like ONNX Runtime', () => {
  for (const [name, list] of Object.entries(cases)) {
    it.each(list.map((one, i) => ({ ...one, i })))(`${name} $i: $op`, expectLikeOrt);
  }
});
