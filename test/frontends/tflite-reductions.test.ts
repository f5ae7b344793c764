// What the importer makes of poolings, reductions, normalizations and recurrent operators: options, absent operands, odd
// files. The arithmetic itself is tested with the operators.
import { describe, expect, it } from 'vitest';
import { perTensor, type TensorType, tensorType } from '../../ir/types.ts';
import {
  fed,
  held,
  int,
  ints,
  type Opcode,
  type Operand,
  type Options,
  runSingle,
  variable,
} from './single-operator.ts';

const f32 = (...shape: number[]) => tensorType('f32', shape);
const i8 = (shape: number[], scale = 0.5, zero = 0) => tensorType('i8', shape, perTensor(scale, zero));
const i16 = (shape: number[], scale: number) => tensorType('i16', shape, perTensor(scale, 0));

function first(opcode: Opcode, operands: readonly (Operand | undefined)[], result: TensorType, options?: Options) {
  return runSingle(opcode, operands, [result], options).results[0];
}

describe('poolings', () => {
  const image = fed(f32(1, 3, 3, 1), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const pool = (
    padding: 'SAME' | 'VALID',
    size: number,
    fusedActivationFunction: 'NONE' | 'RELU6' | 'TANH' = 'NONE',
  ): Options => ({
    type: 'Pool2DOptions',
    value: { padding, strideW: 2, strideH: 2, filterWidth: size, filterHeight: size, fusedActivationFunction },
  });

  it('take padding, steps and the fused activation', () => {
    expect(first('AVERAGE_POOL_2D', [image], f32(1, 1, 1, 1), pool('VALID', 2))).toEqual([3]);
    expect(first('AVERAGE_POOL_2D', [image], f32(1, 2, 2, 1), pool('SAME', 2))).toEqual([3, 4.5, 7.5, 9]);
    expect(first('MAX_POOL_2D', [image], f32(1, 2, 2, 1), pool('SAME', 2, 'RELU6'))).toEqual([5, 6, 6, 6]);
    expect(first('L2_POOL_2D', [image], f32(1, 2, 2, 1), pool('SAME', 1))).toEqual([1, 3, 7, 9]);
  });

  it('refuse a window of nothing, an activation that is no interval, and a change of scale', () => {
    expect(() => first('MAX_POOL_2D', [image], f32(1, 2, 2, 1), pool('VALID', 0))).toThrow(/I8C0207/);
    expect(() => first('MAX_POOL_2D', [image], f32(1, 2, 2, 1), pool('SAME', 2, 'TANH'))).toThrow(/I8C0203.*TANH/);
    const integers = fed(i8([1, 1, 1, 1]), [3]);
    expect(() => first('MAX_POOL_2D', [integers], i8([1, 1, 1, 1], 0.25), pool('VALID', 1))).toThrow(
      /one quantization/,
    );
  });
});

describe('reductions', () => {
  const x = fed(f32(2, 3), [1, 2, 3, 4, 5, 9]);
  const keep = (keepDims: boolean): Options => ({ type: 'ReducerOptions', value: { keepDims } });

  it('take axes as a list or a number, from either end', () => {
    expect(first('MEAN', [x, ints(-1)], f32(2), keep(false))).toEqual([2, 6]);
    expect(first('SUM', [x, int(0)], f32(1, 3), keep(true))).toEqual([5, 7, 12]);
    expect(first('REDUCE_MAX', [x, ints(0, 1)], f32(), keep(false))).toEqual([9]);
    expect(first('REDUCE_MIN', [x, ints(1)], f32(2, 1), keep(true))).toEqual([1, 4]);
    expect(first('REDUCE_PROD', [x, ints(1)], f32(2), keep(false))).toEqual([6, 180]);
    const truth = fed(tensorType('bool', [2, 2]), [1, 0, 0, 0]);
    expect(first('REDUCE_ANY', [truth, ints(1)], tensorType('bool', [2]), keep(false))).toEqual([1, 0]);
    expect(first('REDUCE_ALL', [truth, ints(0)], tensorType('bool', [2]), keep(false))).toEqual([0, 0]);
    expect(first('ARG_MAX', [x, int(-1)], tensorType('i64', [2]))).toEqual([2, 2]);
    expect(first('ARG_MIN', [x, int(0)], tensorType('i32', [3]))).toEqual([0, 0, 0]);
  });

  it('need constant axes that exist, and one axis for an index', () => {
    const axes = fed(tensorType('i32', [1]), [1]);
    expect(() => first('MEAN', [x, axes], f32(2), keep(false))).toThrow(/I8C0205/);
    expect(() => first('MEAN', [x, ints(2)], f32(2), keep(false))).toThrow(/I8C0207.*outside rank/);
    expect(() => first('ARG_MAX', [x, ints(0, 1)], tensorType('i32', []))).toThrow(/not one number/);
  });
});

describe('normalizations', () => {
  it('SOFTMAX takes beta', () => {
    const y = first('SOFTMAX', [fed(f32(1, 2), [0, 2])], f32(1, 2), { type: 'SoftmaxOptions', value: { beta: 0.5 } });
    expect(y![1]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
  });

  it('L2_NORMALIZATION refuses a fused activation', () => {
    const options: Options = { type: 'L2NormOptions', value: { fusedActivationFunction: 'RELU' } };
    expect(() => first('L2_NORMALIZATION', [fed(f32(1, 2), [3, 4])], f32(1, 2), options)).toThrow(/I8C0203/);
    const y = first('L2_NORMALIZATION', [fed(f32(1, 2), [3, 4])], f32(1, 2), { type: 'L2NormOptions', value: {} });
    expect(y).toEqual([0.6, 0.8].map(Math.fround));
  });
});

describe('recurrent operators', () => {
  const svdf: Options = { type: 'SVDFOptions', value: { rank: 1, fusedActivationFunction: 'RELU' } };

  it('SVDF without a bias, from an empty memory', () => {
    const operands = [fed(f32(1, 2), [1, -2]), held(f32(2, 2), [3, 0, 1, 1]), held(f32(2, 2), [9, 2, 9, 4]), undefined];
    expect(first('SVDF', [...operands, variable(f32(1, 4))], f32(1, 2), svdf)).toEqual([6, 0]);
    expect(() => first('SVDF', [...operands, fed(f32(1, 4), [0, 0, 0, 0])], f32(1, 2), svdf)).toThrow(/not a variable/);
    expect(() => first('SVDF', [...operands, undefined], f32(1, 2), svdf)).toThrow(/is missing/);
  });

  const options = (fusedActivationFunction: 'TANH' | 'RELU', cellClip = 0): Options => ({
    type: 'UnidirectionalSequenceLSTMOptions',
    value: { fusedActivationFunction, cellClip, timeMajor: false },
  });
  const none = (count: number) => new Array<undefined>(count).fill(undefined);

  /** One unit, gates of weight 1 from the input and none from the state. */
  function cell(x: Operand, weight: TensorType, bias: TensorType, hidden: TensorType, state: TensorType) {
    const ones = () => held(weight, [1]);
    const zeros = () => held(weight, [0]);
    return [
      x,
      ...[ones(), ones(), ones(), ones()],
      ...[zeros(), zeros(), zeros(), zeros()],
      ...none(3),
      ...[0, 1, 2, 3].map(() => held(bias, [0])),
      ...none(2),
      variable(hidden),
      variable(state),
      ...none(4),
    ];
  }
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  const expected = (x: number, before = 0) => sigmoid(x) * before + sigmoid(x) * Math.tanh(x);

  it('an LSTM in f32, also with quantized weights', () => {
    const x = fed(f32(1, 2, 1), [0.5, -1]);
    const c1 = expected(0.5);
    const hiddens = [sigmoid(0.5) * Math.tanh(c1), sigmoid(-1) * Math.tanh(expected(-1, c1))];
    for (const weight of [f32(1, 1), i8([1, 1], 1)]) {
      const operands = cell(x, weight, f32(1), f32(1, 1), f32(1, 1));
      const run = runSingle('UNIDIRECTIONAL_SEQUENCE_LSTM', operands, [f32(1, 2, 1)], options('TANH'));
      for (const [i, h] of hiddens.entries()) expect(run.results[0]![i]).toBeCloseTo(h, 6);
      expect(run.diagnostics.map((d) => d.code)).toEqual(weight.element === 'f32' ? [] : ['I8C0302']);
    }
  });

  it('an LSTM in i8 and in i16', () => {
    const real = sigmoid(0.5) * Math.tanh(expected(0.5));
    const state = i16([1, 1], 2 ** -12);
    const narrow = cell(fed(i8([1, 1, 1], 0.1), [5]), i8([1, 1], 1), tensorType('i32', [1]), i8([1, 1], 0.01), state);
    const y = first('UNIDIRECTIONAL_SEQUENCE_LSTM', narrow, i8([1, 1, 1], 0.01), options('TANH'));
    expect(Math.abs(y![0]! - real / 0.01)).toBeLessThan(1);
    const fine = i16([1, 1], 2 ** -15);
    const wide = cell(fed(i16([1, 1, 1], 0.001), [500]), i8([1, 1], 1), tensorType('i64', [1]), fine, state);
    const z = first('UNIDIRECTIONAL_SEQUENCE_LSTM', wide, i16([1, 1, 1], 2 ** -15), options('TANH'));
    expect(Math.abs(z![0]! - real * 32768)).toBeLessThan(8);
  });

  it('refuses the variants that it has no form for, each by name', () => {
    const operands = cell(fed(f32(1, 1, 1), [1]), f32(1, 1), f32(1), f32(1, 1), f32(1, 1));
    const lstm = (changed: readonly (Operand | undefined)[], o = options('TANH')) =>
      first('UNIDIRECTIONAL_SEQUENCE_LSTM', changed, f32(1, 1, 1), o);
    const extra = held(f32(1), [1]);
    expect(() => lstm(operands.with(1, undefined))).toThrow(/I8C0203.*input gate/);
    expect(() => lstm(operands.with(9, extra))).toThrow(/peephole/);
    expect(() => lstm(operands.with(16, held(f32(1, 1), [1])))).toThrow(/projection/);
    expect(() => lstm(operands.with(20, extra))).toThrow(/normalization/);
    expect(() => lstm(operands, options('RELU'))).toThrow(/activation RELU/);
    expect(() => lstm(operands, options('TANH', -1))).toThrow(/cell clip/);
  });
});
