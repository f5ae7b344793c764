// Nodes of com.microsoft that contradict their operator's specification, or ask for what int8c does not have: refused, each
// with the diagnostic that is stated for it.
import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../ir/diagnostics.ts';
import { knownOperators } from '../../src/frontends/onnx/operators/index.ts';
import {
  type Case,
  float,
  int,
  ints,
  known,
  modelOf,
  floats as numbers,
  operandsOf,
  scale,
  string,
  zero,
} from './contrib-models.ts';
import { codes, diagnose } from './refused.ts';

const { bytes, knownBytes, floats, weights, integers } = operandsOf(83);

const x = () => [bytes('u8', 2, 8), scale(0.02), zero('u8', 3)];
const y = [scale(0.03), zero('u8', 5)];
const fedScale = { ...scale(0.02), fed: true };
const heads = int('num_heads', 2);
const image = () => [bytes('u8', 1, 3, 6, 6), scale(0.02), zero('u8', 3), ...y];
const sequence = () => [floats(2, 5, 8), weights(8, 24), weights(24)];

const cases: Readonly<Record<string, readonly [DiagnosticCode, Case]>> = {
  'too few operands': ['I8C0207', { op: 'QLinearAdd', operands: [...x(), bytes('u8', 2, 8)] }],
  'too many operands': ['I8C0207', { op: 'QLinearAdd', operands: [...x(), ...x(), ...y, scale(1)] }],
  'an operand that is left out': [
    'I8C0207',
    { op: 'QLinearAdd', operands: [...x(), undefined, scale(1), undefined, ...y] },
  ],
  'parts of a concatenation without parameters': [
    'I8C0207',
    { op: 'QLinearConcat', operands: [...y, ...x(), bytes('u8', 2, 8)], attributes: [int('axis', 1)] },
  ],
  'floats in the place of bytes': [
    'I8C0207',
    { op: 'QLinearSigmoid', operands: [floats(8), scale(1), undefined, ...y] },
  ],
  'bytes in the place of floats': ['I8C0207', { op: 'FastGelu', operands: [bytes('u8', 8)] }],
  'a zero point of another type': [
    'I8C0207',
    { op: 'QLinearSigmoid', operands: [bytes('u8', 8), scale(1), zero('i8', 3), ...y] },
  ],
  'a result of another type': ['I8C0207', { op: 'QLinearSigmoid', operands: [...x(), scale(1), zero('i8', 3)] }],
  'operands of two types': [
    'I8C0207',
    {
      op: 'QLinearWhere',
      operands: [known('bool', [8], new Array<number>(8).fill(1)), ...x(), ...x(), scale(1), zero('i8', 0)],
    },
  ],
  'a scale that is computed': [
    'I8C0205',
    { op: 'QLinearSigmoid', operands: [bytes('u8', 8), fedScale, undefined, ...y] },
  ],
  'a zero point that is computed': [
    'I8C0205',
    { op: 'QLinearSigmoid', operands: [bytes('u8', 8), scale(1), { ...zero('u8', 3), fed: true }, ...y] },
  ],
  'a scale of 0': ['I8C0208', { op: 'QLinearSigmoid', operands: [bytes('u8', 8), scale(0), undefined, ...y] }],
  'a scale that is no number': [
    'I8C0208',
    { op: 'QLinearSigmoid', operands: [bytes('u8', 8), scale(Number.NaN), undefined, ...y] },
  ],
  'scales per channel': ['I8C0208', { op: 'QLinearSigmoid', operands: [bytes('u8', 8), weights(8), undefined, ...y] }],
  'a scale of integers': [
    'I8C0207',
    { op: 'QLinearSigmoid', operands: [bytes('u8', 8), known('i32', [], [1]), undefined, ...y] },
  ],
  'an attribute that the operator does not have': [
    'I8C0203',
    { op: 'QLinearSigmoid', operands: [...x(), ...y], attributes: [float('alpha', 1)] },
  ],
  'an attribute of another type': [
    'I8C0207',
    { op: 'QLinearLeakyRelu', operands: [...x(), ...y], attributes: [string('alpha', 'steep')] },
  ],
  'an axis that there is not': [
    'I8C0207',
    { op: 'QLinearSoftmax', operands: [...x(), ...y], attributes: [int('axis', 2), int('opset', 13)] },
  ],
  'a Softmax of no operator set': ['I8C0207', { op: 'QLinearSoftmax', operands: [...x(), ...y] }],
  'a pool without a window': ['I8C0207', { op: 'QLinearAveragePool', operands: image() }],
  'a window of two dimensions over one': [
    'I8C0207',
    { op: 'QLinearAveragePool', operands: [...x(), ...y], attributes: [ints('kernel_shape', 2, 2)] },
  ],
  'a window larger than memory': [
    'I8C0207',
    { op: 'QLinearAveragePool', operands: image(), attributes: [ints('kernel_shape', 2 ** 27, 2 ** 27)] },
  ],
  'a pool of a vector': ['I8C0207', { op: 'QLinearGlobalAveragePool', operands: [...x(), ...y] }],
  'shapes that do not broadcast': [
    'I8C0207',
    { op: 'QLinearMul', operands: [...x(), bytes('u8', 3), scale(1), undefined, ...y] },
  ],
  'matrices that do not fit': [
    'I8C0207',
    { op: 'QGemm', operands: [...x(), knownBytes('u8', 7, 4), scale(1), zero('u8', 0), undefined, ...y] },
  ],
  'a negative alpha of a layer': [
    'I8C0203',
    {
      op: 'QGemm',
      operands: [...x(), knownBytes('u8', 8, 4), scale(1), zero('u8', 0), undefined, ...y],
      attributes: [float('alpha', -1)],
    },
  ],
  'a scale without a zero point': [
    'I8C0207',
    { op: 'QGemm', operands: [...x(), knownBytes('u8', 8, 4), scale(1), zero('u8', 0), undefined, scale(1)] },
  ],
  'a bias of floats': [
    'I8C0207',
    { op: 'QGemm', operands: [...x(), knownBytes('u8', 8, 4), scale(1), zero('u8', 0), weights(4), ...y] },
  ],
  'scales of other columns': [
    'I8C0207',
    { op: 'DynamicQuantizeMatMul', operands: [floats(2, 8), knownBytes('u8', 8, 4), weights(3)] },
  ],
  'a bias of other columns': [
    'I8C0207',
    {
      op: 'DynamicQuantizeMatMul',
      operands: [floats(2, 8), knownBytes('u8', 8, 4), scale(1), undefined, weights(2, 4)],
    },
  ],
  'an activation that there is not': [
    'I8C0203',
    {
      op: 'FusedConv',
      operands: [floats(1, 1, 4, 4), weights(1, 1, 2, 2)],
      attributes: [string('activation', 'constructor')],
    },
  ],
  'an activation of another operator': [
    'I8C0203',
    { op: 'FusedGemm', operands: [floats(2, 4), weights(4, 3)], attributes: [string('activation', 'Affine')] },
  ],
  'parameters that an activation does not have': [
    'I8C0207',
    {
      op: 'FusedConv',
      operands: [floats(1, 1, 4, 4), weights(1, 1, 2, 2)],
      attributes: [string('activation', 'Relu'), numbers('activation_params', 1)],
    },
  ],
  'a sum of another shape': [
    'I8C0207',
    { op: 'FusedConv', operands: [floats(1, 1, 4, 4), weights(1, 1, 2, 2), undefined, floats(1, 1, 1, 1)] },
  ],
  'a bias of another width': ['I8C0207', { op: 'BiasGelu', operands: [floats(2, 8), weights(2, 1)] }],
  'a skip that is larger': [
    'I8C0207',
    { op: 'SkipLayerNormalization', operands: [floats(3, 8), floats(2, 3, 8), weights(8)] },
  ],
  'a scale of one number': [
    'I8C0207',
    { op: 'SkipLayerNormalization', operands: [floats(2, 3, 8), floats(2, 3, 8), weights(1)] },
  ],
  'more positions than are embedded': [
    'I8C0207',
    {
      op: 'EmbedLayerNormalization',
      operands: [
        integers('i32', 0, 4, 1, 9),
        undefined,
        weights(5, 8),
        weights(7, 8),
        undefined,
        weights(8),
        weights(8),
      ],
    },
  ],
  'segments without an embedding': [
    'I8C0207',
    {
      op: 'EmbedLayerNormalization',
      operands: [
        integers('i32', 0, 4, 1, 5),
        integers('i32', 0, 1, 1, 5),
        weights(5, 8),
        weights(7, 8),
        undefined,
        weights(8),
        weights(8),
      ],
    },
  ],
  'no heads': ['I8C0207', { op: 'Attention', operands: sequence(), attributes: [int('num_heads', 0)] }],
  'heads that do not divide': ['I8C0207', { op: 'Attention', operands: sequence(), attributes: [int('num_heads', 3)] }],
  'heads that are not said': ['I8C0207', { op: 'Attention', operands: sequence() }],
  'queries wider than keys': [
    'I8C0207',
    { op: 'Attention', operands: sequence(), attributes: [heads, ints('qkv_hidden_sizes', 4, 8, 12)] },
  ],
  'a past': [
    'I8C0203',
    { op: 'Attention', operands: [...sequence(), undefined, floats(2, 2, 2, 3, 4)], attributes: [heads] },
  ],
  'a present': ['I8C0203', { op: 'Attention', operands: sequence(), attributes: [heads], outputs: [0, 1] }],
  'rotated positions': ['I8C0203', { op: 'Attention', operands: sequence(), attributes: [heads, int('do_rotary', 1)] }],
  'a mask of four dimensions': [
    'I8C0203',
    { op: 'Attention', operands: [...sequence(), integers('i32', 0, 1, 2, 1, 5, 5)], attributes: [heads] },
  ],
  'a mask of floats': ['I8C0207', { op: 'Attention', operands: [...sequence(), floats(2, 5)], attributes: [heads] }],
  'a bias of other positions': [
    'I8C0207',
    { op: 'Attention', operands: [...sequence(), undefined, undefined, floats(1, 2, 5, 4)], attributes: [heads] },
  ],
  'a cache': [
    'I8C0203',
    {
      op: 'MultiHeadAttention',
      operands: [
        floats(2, 5, 8),
        floats(2, 5, 8),
        floats(2, 5, 8),
        undefined,
        undefined,
        undefined,
        floats(2, 2, 3, 4),
      ],
      attributes: [heads],
    },
  ],
  'products as a result': [
    'I8C0203',
    {
      op: 'MultiHeadAttention',
      operands: [floats(2, 5, 8), floats(2, 5, 8), floats(2, 5, 8)],
      attributes: [heads],
      outputs: [0, 3],
    },
  ],
  'values without keys': [
    'I8C0207',
    { op: 'MultiHeadAttention', operands: [floats(2, 5, 8), undefined, floats(2, 5, 8)], attributes: [heads] },
  ],
  'a bias without dimensions': [
    'I8C0207',
    {
      op: 'DynamicQuantizeLSTM',
      operands: [
        ...[floats(5, 1, 6), knownBytes('i8', 1, 6, 12), knownBytes('i8', 1, 3, 12)],
        ...[weights(24), undefined, undefined, undefined, undefined],
        ...[known('f32', [1], [0.1]), known('i8', [1], [0]), known('f32', [1], [0.1]), known('i8', [1], [0])],
      ],
    },
  ],
  'a state of another size than its weights': [
    'I8C0207',
    {
      op: 'DynamicQuantizeLSTM',
      operands: [
        ...[floats(5, 1, 6), knownBytes('i8', 1, 6, 12), knownBytes('i8', 1, 3, 12)],
        ...[undefined, undefined, undefined, undefined, undefined],
        ...[known('f32', [1], [0.1]), known('i8', [1], [0]), known('f32', [1], [0.1]), known('i8', [1], [0])],
      ],
      attributes: [int('hidden_size', -1e9)],
    },
  ],
  'an operator that there is not': ['I8C0201', { op: 'constructor', operands: [floats(4)] }],
};

describe('nodes of com.microsoft are refused:', () => {
  it.each(Object.entries(cases))('%s', async (_, [code, one]) => {
    expect(await codes(modelOf(one))).toEqual([code]);
  });

  it('an unknown operator is named with its domain', async () => {
    const [said] = await diagnose(modelOf({ op: 'QLinearCosine', operands: [floats(4)] }));
    expect(said?.message).toContain('com.microsoft.QLinearCosine');
  });
});

it('every operator of com.microsoft refuses to have no operands, and operands without elements or dimensions', async () => {
  const operators = knownOperators().flatMap((name) => (name.startsWith('com.microsoft.') ? [name.slice(14)] : []));
  expect(operators.length).toBeGreaterThan(30);
  const strange = [known('f32', [], [1]), known('u8', [0], []), known('i8', [0, 3], []), known('i64', [1], [2])];
  let refused = 0;
  for (const op of operators) {
    expect(await codes(modelOf({ op, operands: [], outputs: [0] })), op).toEqual(['I8C0207']);
    for (const operand of strange)
      for (const count of [1, 2, 3, 4, 5, 7, 8, 9, 12]) {
        const one: Case = { op, operands: new Array<typeof operand>(count).fill({ ...operand, fed: true }) };
        // Gelu of a scalar is a program; what is refused is refused with a diagnostic.
        const said = await diagnose(modelOf(one)).catch((error: Error) => error.message);
        if (said !== 'the model compiles') expect(Array.isArray(said), `${op}: ${said}`).toBe(true);
        if (Array.isArray(said)) refused++;
      }
  }
  expect(refused).toBeGreaterThan(800);
});
