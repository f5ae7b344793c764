// What the importer makes of elementwise operators: options, scales that differ, odd files.
import { describe, expect, it } from 'vitest';
import { type ElementType, perTensor, type TensorType, tensorType } from '../../ir/types.ts';
import { fed, held, type Opcode, type Operand, type Options, runSingle } from './single-operator.ts';

const f32 = (...shape: number[]) => tensorType('f32', shape);
const i8 = (shape: number[], scale = 0.5, zero = 3) => tensorType('i8', shape, perTensor(scale, zero));
const i16 = (shape: number[], scale = 0.5) => tensorType('i16', shape, perTensor(scale, 0));
const plain = (element: ElementType, shape: number[]) => tensorType(element, shape);

function first(opcode: Opcode, operands: readonly Operand[], result: TensorType, options?: Options) {
  return runSingle(opcode, operands, [result], options).results[0];
}

describe('arithmetic', () => {
  it.each<[Opcode, Options, number[]]>([
    ['ADD', { type: 'AddOptions', value: { fusedActivationFunction: 'RELU6' } }, [6, 0, 4]],
    ['SUB', { type: 'SubOptions', value: { fusedActivationFunction: 'RELU' } }, [2, 0, 4]],
    ['MUL', { type: 'MulOptions', value: { fusedActivationFunction: 'RELU_N1_TO_1' } }, [1, -1, 0]],
    ['DIV', { type: 'DivOptions', value: { fusedActivationFunction: 'NONE' } }, [5 / 3, -2, Number.POSITIVE_INFINITY]],
  ])('%s takes its fused activation', (opcode, options, expected) => {
    const operands = [fed(f32(3), [5, -6, 4]), fed(f32(3), [3, 3, 0])];
    expect(first(opcode, operands, f32(3), options)).toEqual(expected.map(Math.fround));
  });

  it('refuses a fused activation that is no interval', () => {
    const operands = [fed(f32(1), [5]), fed(f32(1), [3])];
    const options: Options = { type: 'AddOptions', value: { fusedActivationFunction: 'TANH' } };
    expect(() => first('ADD', operands, f32(1), options)).toThrow(/I8C0203.*TANH/);
  });

  it('i32 with a scale is plain numbers', () => {
    const type = tensorType('i32', [2], perTensor(0.5, 0));
    expect(first('MUL', [fed(type, [3, -4]), fed(type, [5, 6])], type)).toEqual([15, -24]);
  });

  it('MAXIMUM of differing scales compares stored integers, and warns', () => {
    const run = runSingle('MAXIMUM', [fed(i8([2], 0.5), [1, 5]), fed(i8([2], 0.25), [2, 4])], [i8([2], 0.5)]);
    expect(run.results[0]).toEqual([2, 5]);
    expect(run.diagnostics.map((d) => d.severity)).toEqual(['warning']);
  });

  it('refuses quantized operands without parameters', () => {
    const operands = [fed(i8([1]), [1]), fed(plain('i8', [1]), [1])];
    expect(() => first('ADD', operands, i8([1]))).toThrow(/I8C0207.*quantized/);
  });

  it('POW, FLOOR_DIV, FLOOR_MOD and SQUARED_DIFFERENCE of floats', () => {
    const operands = [fed(f32(2), [7, -7]), fed(f32(1), [2])];
    expect(first('POW', operands, f32(2))).toEqual([49, 49]);
    expect(first('FLOOR_DIV', operands, f32(2))).toEqual([3, -4]);
    expect(first('FLOOR_MOD', operands, f32(2))).toEqual([1, 1]);
    expect(first('SQUARED_DIFFERENCE', operands, f32(2))).toEqual([25, 81]);
  });
});

describe('activations', () => {
  it('RELU rescales', () => {
    expect(first('RELU', [fed(i8([3], 0.5, 0), [-4, 0, 10])], i8([3], 0.25, -100))).toEqual([-100, -100, -80]);
  });

  it('RELU6 clamps by the operand’s scale and keeps the integers, as TensorFlow Lite Micro does', () => {
    const same = runSingle('RELU6', [fed(i8([3], 0.5, 3), [-4, 10, 100])], [i8([3], 0.5, 3)]);
    expect(same.results[0]).toEqual([3, 10, 15]);
    expect(same.diagnostics).toEqual([]);
    const other = runSingle('RELU6', [fed(i8([3], 0.5, 3), [-4, 10, 100])], [i8([3], 0.1, -128)]);
    expect(other.results[0]).toEqual([3, 10, 15]);
    expect(other.diagnostics.map((d) => d.severity)).toEqual(['warning']);
  });

  it('LEAKY_RELU and GELU take their options', () => {
    const leaky: Options = { type: 'LeakyReluOptions', value: { alpha: 0.25 } };
    expect(first('LEAKY_RELU', [fed(f32(2), [-4, 4])], f32(2), leaky)).toEqual([-1, 4]);
    const gelu = (approximate: boolean) =>
      first('GELU', [fed(f32(1), [1])], f32(1), { type: 'GeluOptions', value: { approximate } })![0];
    expect(gelu(false)).toBeCloseTo(0.8413447, 6);
    expect(gelu(true)).toBeCloseTo(0.841192, 6);
  });

  it('PRELU broadcasts its slopes', () => {
    const slopes = held(f32(1, 1, 2), [0.5, -1]);
    expect(first('PRELU', [fed(f32(1, 2, 2), [-2, -3, 4, -5]), slopes], f32(1, 2, 2))).toEqual([-1, 3, 4, 5]);
  });

  it('16-bit functions without an integer form are computed in f32, and say so', () => {
    const run = runSingle('EXP', [fed(i16([2], 0.01), [0, 100])], [i16([2], 0.001)]);
    expect(run.results[0]).toEqual([1000, 2718]);
    expect(run.operators).toEqual(['exp']);
  });
});

describe('element types', () => {
  it('QUANTIZE from floats rounds halves away from zero and saturates', () => {
    expect(first('QUANTIZE', [fed(f32(4), [0.25, -0.25, 100, -100])], i8([4], 0.5, 0))).toEqual([1, -1, 127, -128]);
  });

  it('QUANTIZE between integers keeps the real numbers', () => {
    expect(first('QUANTIZE', [fed(i8([2], 0.5, 3), [5, -1])], i16([2], 0.25))).toEqual([4, -8]);
    const u8 = tensorType('u8', [2], perTensor(0.5, 131));
    expect(first('QUANTIZE', [fed(i8([2], 0.5, 3), [-128, 127])], u8)).toEqual([0, 255]);
  });

  it('DEQUANTIZE gives real numbers', () => {
    expect(first('DEQUANTIZE', [fed(i8([2], 0.5, 3), [5, -1])], f32(2))).toEqual([1, -2]);
    expect(() => first('DEQUANTIZE', [fed(plain('i8', [1]), [1])], f32(1))).toThrow(/quantized/);
  });

  it('CAST ignores scales', () => {
    expect(first('CAST', [fed(i8([2], 0.5, 3), [5, -1])], f32(2))).toEqual([5, -1]);
    expect(first('CAST', [fed(f32(2), [2.9, -2.9])], plain('i32', [2]))).toEqual([2, -2]);
    expect(first('CAST', [fed(plain('i32', [2]), [0, 7])], plain('bool', [2]))).toEqual([0, 1]);
  });
});

describe('comparison and choice', () => {
  const bool = (...values: number[]) => fed(plain('bool', [values.length]), values);

  it('LESS of quantized operands compares real numbers', () => {
    const operands = [fed(i8([3], 0.5, 0), [2, 4, 3]), fed(i8([3], 0.25, 0), [5, 7, 6])];
    expect(first('LESS', operands, plain('bool', [3]))).toEqual([1, 0, 0]);
    expect(first('EQUAL', operands, plain('bool', [3]))).toEqual([0, 0, 1]);
  });

  it('LOGICAL_AND, LOGICAL_OR and LOGICAL_NOT', () => {
    const [a, b] = [bool(0, 0, 1, 1), bool(0, 1, 0, 1)];
    const type = plain('bool', [4]);
    expect(first('LOGICAL_AND', [a, b], type)).toEqual([0, 0, 0, 1]);
    expect(first('LOGICAL_OR', [a, b], type)).toEqual([0, 1, 1, 1]);
    expect(first('LOGICAL_NOT', [a], type)).toEqual([1, 1, 0, 0]);
  });

  it('SELECT with a condition of rank 1 chooses rows, SELECT_V2 broadcasts', () => {
    const [a, b] = [fed(f32(2, 2), [1, 2, 3, 4]), fed(f32(2, 2), [5, 6, 7, 8])];
    expect(first('SELECT', [bool(1, 0), a, b], f32(2, 2))).toEqual([1, 2, 7, 8]);
    expect(first('SELECT_V2', [bool(1, 0), a, b], f32(2, 2))).toEqual([1, 6, 3, 8]);
  });
});
