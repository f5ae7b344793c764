// Pooling: values worked out by hand, then references against loops on random shapes.
import { describe, expect, it } from 'vitest';
import { RuleViolation } from '../../ir/define-op.ts';
import { averagePool2d, l2Pool2d, maxPool2d } from '../../ir/ops/pool2d.ts';
import { tensorOf } from '../../ir/tensor-data.ts';
import { type TensorType, tensorType } from '../../ir/types.ts';
import { numbers, quantized, randomInteger, randomNumbers, randomTensor, runOperator } from './operator-runs.ts';

const image = (element: 'i8' | 'u8' | 'i16', h: number, w: number, zero = 0) =>
  quantized(element, [1, h, w, 1], 0.5, zero);

describe('pooling', () => {
  it('rounds integer averages half away from zero', () => {
    const x = tensorOf(quantized('i8', [1, 2, 1, 4]), [1, -1, 127, -128, 2, -2, 126, -127]);
    const [y] = runOperator(averagePool2d, [x], { kernel: [2, 1] });
    expect(numbers(y)).toEqual([2, -2, 127, -128]);
    const thirds = tensorOf(quantized('i8', [1, 3, 1, 3]), [0, 0, 0, 0, 0, 1, 1, -1, 1]);
    expect(numbers(runOperator(averagePool2d, [thirds], { kernel: [3, 1] })[0])).toEqual([0, 0, 1]);
  });

  it('counts only the elements inside, and clamps by real bounds', () => {
    const x = tensorOf(image('i8', 2, 2, -10), [10, 20, 30, 50]);
    const attributes = { kernel: [2, 2], stride: [2, 2], pad: [1, 1, 1, 1] };
    expect(numbers(runOperator(averagePool2d, [x], attributes)[0])).toEqual([10, 20, 30, 50]);
    // relu6 with scale 0.5 and zero point -10: [-10, 2].
    const clamped = runOperator(averagePool2d, [x], { ...attributes, clamp: [0, 6] });
    expect(numbers(clamped[0])).toEqual([2, 2, 2, 2]);
    const low = tensorOf(image('i8', 1, 2, -10), [-100, -5]);
    expect(numbers(runOperator(maxPool2d, [low], { kernel: [1, 1], clamp: [0, 6] })[0])).toEqual([-10, -5]);
  });

  it('takes the greatest element, whatever its sign', () => {
    const x = tensorOf(image('i8', 2, 2), [-128, -127, -128, -126]);
    expect(numbers(runOperator(maxPool2d, [x], { kernel: [2, 2], pad: [1, 1, 1, 1] })[0])).toEqual([
      -128, -127, -127, -128, -126, -126, -128, -126, -126,
    ]);
  });

  it('pools floats', () => {
    const x = tensorOf(tensorType('f32', [1, 1, 3, 1]), [3, -4, 0.5]);
    expect(numbers(runOperator(l2Pool2d, [x], { kernel: [1, 2] })[0])).toEqual([
      Math.fround(Math.sqrt(12.5)),
      Math.fround(Math.sqrt(8.125)),
    ]);
    expect(numbers(runOperator(averagePool2d, [x], { kernel: [1, 2], clamp: [0, 6] })[0])).toEqual([0, 0]);
    expect(numbers(runOperator(maxPool2d, [x], { kernel: [1, 2] })[0])).toEqual([3, 0.5]);
  });

  it('refuses windows without elements, sums beyond 32 bits and a change of scale', () => {
    const x = tensorOf(quantized('i16', [1, 2, 2, 1]), [1, 2, 3, 4]);
    expect(() => runOperator(averagePool2d, [x], { kernel: [1, 1], pad: [1, 0, 0, 0] })).toThrow(RuleViolation);
    const wide = randomTensor(randomNumbers(1), quantized('i16', [1, 300, 300, 1]));
    expect(() => runOperator(averagePool2d, [wide], { kernel: [300, 300] })).toThrow(/32 bits/);
    const empty = { type: tensorType('f32', [1, 0, 2, 1]), data: new Float32Array(0) };
    expect(() => runOperator(maxPool2d, [empty], { kernel: [2, 2], pad: [1, 1, 0, 0] })).toThrow(/rows and columns/);
    const other = [quantized('i16', [1, 2, 2, 1], 0.2)];
    expect(() => runOperator(maxPool2d, [x], { kernel: [1, 1] }, other)).toThrow(/one quantization/);
  });

  const random = randomNumbers(20);
  const int = (low: number, high: number) => randomInteger(random, low, high);
  it.each(Array.from({ length: 40 }, (_, i) => i))('loops equal the reference on random windows, case %i', () => {
    const shape = [int(1, 2), int(1, 9), int(1, 9), int(1, 5)];
    const kernel = [int(1, 4), int(1, 4)] as const;
    const pad = [0, 1, 2, 3].map((i) => (random() < 0.5 ? 0 : int(0, kernel[i >> 1]! - 1)));
    const fits = shape[1]! + pad[0]! + pad[1]! >= kernel[0] && shape[2]! + pad[2]! + pad[3]! >= kernel[1];
    if (!fits) return;
    const attributes = { kernel, pad, stride: [int(1, 3), int(1, 3)], clamp: random() < 0.5 ? [0, 6] : [-1, 1] };
    const types: TensorType[] = [
      tensorType('f32', shape),
      quantized('i8', shape, 0.05, -3),
      quantized('u8', shape, 0.04, 120),
      quantized('i16', shape, 0.001),
    ];
    for (const type of types) {
      const x = randomTensor(random, type);
      runOperator(averagePool2d, [x], attributes);
      runOperator(maxPool2d, [x], attributes);
    }
    runOperator(l2Pool2d, [randomTensor(random, types[0]!)], attributes);
  });
});
