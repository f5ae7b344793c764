// svdf: the memory of a singular value decomposition filter. The products with the input that feed it are a
// fully_connected of their own.
import { attr } from '../attributes.ts';
import { contractionEnd } from '../contraction-end.ts';
import { defineOp, required, rule, type TypeRuleInput } from '../define-op.ts';
import { affine } from '../loops/lowering.ts';
import { quantOf, requantizationFor, scaleAndZero, unbounded } from '../quantized.ts';
import { referenceArithmetic } from '../quantized-contraction.ts';
import { copyElements } from '../strided-copy.ts';
import { elementCount, isInteger, type TensorType, tensorType } from '../types.ts';

const attributes = {
  rank: attr.int({ min: 1, doc: 'Filters that add up to one result.' }),
  clamp: attr.floats({ length: 2, fallback: unbounded, doc: 'Real bounds of a fused activation, in the float form.' }),
  state_zero: attr.int({ fallback: 0, doc: 'Zero point of the state in the integer form.' }),
  requant: attr.requantization({ doc: 'Present in the integer form: how sums become results.' }),
};

/** Batches, filters, and features that each filter remembers. */
function extents(feature: TensorType, time: TensorType): { batches: number; filters: number; memory: number } {
  const [batches, filters] = feature.shape as readonly [number, number];
  return { batches, filters, memory: time.shape[1]! };
}

function resultTypes({ operands, attributes: a, asked }: TypeRuleInput<typeof attributes>): TensorType[] {
  const [feature, time, bias, state] = [
    required(operands, 0),
    required(operands, 1),
    operands[2],
    required(operands, 3),
  ];
  rule(feature.shape.length === 2 && time.shape.length === 2, 'takes features and weights of rank 2');
  const { batches, filters, memory } = extents(feature, time);
  rule(time.shape[0] === filters && memory > 0, `needs time weights for ${filters} filters`);
  rule(filters % a.rank === 0, `cannot divide ${filters} filters into groups of ${a.rank}`);
  const units = filters / a.rank;
  rule(bias === undefined || elementCount(bias.shape) === units, `needs a bias of ${units} values`);
  rule(
    elementCount(state.shape) === batches * filters * memory,
    `needs a state of ${batches * filters * memory} values`,
  );
  rule(state.element === feature.element, `keeps ${feature.element} features in a state of ${state.element}`);
  if (feature.element === 'f32') {
    rule(
      time.element === 'f32' && (bias?.element ?? 'f32') === 'f32',
      'needs f32 weights and bias beside f32 features',
    );
    return [tensorType('f32', [batches, units]), state];
  }
  const y = asked?.[0];
  rule(['i8', 'i16'].includes(feature.element), `takes f32, i8 or i16, got ${feature.element}`);
  rule(
    ['i8', 'i16'].includes(time.element) && (bias?.element ?? 'i32') === 'i32',
    'needs integer weights and an i32 bias',
  );
  rule(y !== undefined && isInteger(y.element) && y.element !== 'i64', 'needs an integer result type');
  if (a.requant === undefined) for (const t of [state, time, y]) quantOf(t, 'state, weights and result');
  return [tensorType(y.element, [batches, units], y.quant), state];
}

export const svdf = defineOp({
  name: 'svdf',
  doc: 'The memory of a singular value decomposition filter: each filter keeps its last features, the newest last, and y[b, u] = clamp(bias[u] + sum over the unit’s filters f and ages j of state[b, f, j] * time[f, j]). Integer sums wrap at 32 bits, as in TensorFlow Lite Micro. Source: tensorflow/lite/micro/kernels/svdf_common.cc; Nakkiran et al., "Compressing Deep Neural Networks using a Rank-Constrained Topology", 2015.',
  operands: [
    { name: 'feature', doc: 'batches x filters: f32, or i8 or i16 in the state’s quantization.' },
    { name: 'time', doc: 'filters x memory.' },
    { name: 'bias', doc: 'One per unit, in the accumulator’s scale.', optional: true },
    { name: 'state', doc: 'batches x filters x memory, oldest first, in any shape.' },
  ],
  attributes,
  results: ['y', 'next_state'],
  types: resultTypes,
  integer({ op, attributes: a, builder, rounding }) {
    const [feature, time, state] = [op.operand(0).type, op.operand(1).type, op.operand(3).type];
    if (feature.element === 'f32' || a.requant !== undefined) return undefined;
    const y = op.results[0]!.type;
    const { scale, zero } = scaleAndZero(state, 'state');
    // Products and quotients of scales are rounded to f32 (svdf_common.cc, PrepareSvdf).
    const product = Math.fround(scale * scaleAndZero(time, 'weights').scale);
    const factor = Math.fround(product / scaleAndZero(y, 'result').scale);
    const requant = requantizationFor([factor], y, unbounded, rounding);
    const given = { rank: a.rank, state_zero: zero, requant };
    return builder.op(op.definition, op.operands, given, { types: [y, op.results[1]!.type] }).results;
  },
  reference({ operands, attributes: a, results }) {
    const [feature, time, bias, state] = operands;
    const [y, next] = [results[0]!, results[1]!.data as Float32Array];
    const { batches, filters, memory } = extents(feature!.type, time!.type);
    const units = filters / a.rank;
    const group = a.rank * memory;
    const { multiplyAdd, finish } = referenceArithmetic(y, { ...a, ...integerZeros(a.state_zero), accumulator: 'i32' });
    const [now, before] = [feature!.data as Float32Array, state!.data as Float32Array];
    for (let i = 0; i < batches * filters; i++) {
      for (let j = 0; j < memory; j++) next[i * memory + j] = j === memory - 1 ? now[i]! : before[i * memory + j + 1]!;
    }
    for (let b = 0; b < batches; b++)
      for (let u = 0; u < units; u++) {
        let acc = 0;
        for (let k = 0; k < group; k++) {
          acc = multiplyAdd(acc, next[(b * units + u) * group + k]!, Number(time!.data[u * group + k]));
        }
        y.data[b * units + u] = Number(finish(acc, bias?.data[u], 0));
      }
  },
  lower({ op, attributes: a, operand, result, type, ...buffers }) {
    const { batches, filters, memory } = extents(type(0), type(1));
    const units = filters / a.rank;
    const group = a.rank * memory;
    const [feature, state, next] = [operand(0), operand(3), result(1)];
    const rows = batches * filters;
    const end = contractionEnd(
      { ...a, ...integerZeros(a.state_zero), accumulator: 'i32' },
      { op, operand, type: (i) => type(i === 0 ? 3 : i), ...buffers },
      { channels: units, behind: group },
    );
    // Axes: 0 batch, 1 unit, 2 filter and age together, which lie one after the other in state and weights.
    const [batch, unit, age] = [affine(0, [0, 1]), affine(0, [1, 1]), affine(0, [2, 1])];
    return [
      ...copyElements(next, { offset: 0, strides: [memory, 1] }, state, { offset: 1, strides: [memory, 1] }, [
        rows,
        memory - 1,
      ]),
      ...copyElements(next, { offset: memory - 1, strides: [memory] }, feature, { offset: 0, strides: [1] }, [rows]),
      {
        kind: 'contraction',
        axes: [
          { name: 'batch', extent: batches, role: 'parallel' },
          { name: 'unit', extent: units, role: 'parallel' },
          { name: 'age', extent: group, role: 'reduce' },
        ],
        input: { buffer: next, shape: [batches, units, group], index: [batch, unit, age] },
        weights: { buffer: operand(1), shape: [units, group], index: [unit, age] },
        result: { buffer: result(0), shape: [batches, units], index: [batch, unit] },
        inputZero: a.state_zero,
        weightsZero: 0,
        ...(end.bias === undefined ? {} : { bias: { buffer: end.bias, shape: [units], index: [unit] } }),
        biasLast: type(0).element === 'f32',
        accumulator: type(0).element === 'f32' ? 'f32' : 'i32',
        epilogue: (b, acc) => end.emit(b, acc, b.constant(0)),
      },
    ];
  },
  macs: (op) => elementCount(op.operand(3).type.shape),
});

const integerZeros = (stateZero: number) => ({ input_zero: stateZero, weights_zero: 0 });
