// com.microsoft's DynamicQuantizeLSTM, against ONNX Runtime's kernel.
import { AttributeProto_AttributeType as AttributeType } from 'onnx-buf';
import { describe, it } from 'vitest';
import { type Case, expectLikeOrt, float, int, known, operandsOf, string } from './contrib-models.ts';
import { onnxRuntime } from './onnx-runtime.ts';
import type { Attribute } from './write-model.ts';

const { floats, weights, knownBytes } = operandsOf(61);

const [steps, batch, inputs, hidden] = [5, 2, 6, 3];
const strings = (name: string, ...values: string[]): Attribute => ({
  name,
  strings: values.map((value) => new TextEncoder().encode(value)),
  type: AttributeType.STRINGS,
});

/** Operands from the sequence on; scales and zero points (which ONNX Runtime wants 0 there) per direction, or per column. */
function operandsFor(element: 'u8' | 'i8', directions: number, perColumn: boolean, rest: Case['operands'] = []) {
  const shape = perColumn ? [directions, 4 * hidden] : [directions];
  const count = perColumn ? directions * 4 * hidden : directions;
  const scales = (first: number) =>
    known(
      'f32',
      shape,
      Array.from({ length: count }, (_, i) => Math.fround(first + 0.0003 * i)),
    );
  const zeros = known(element, shape, new Array<number>(count).fill(element === 'u8' ? 128 : perColumn ? 0 : 3));
  const middle = [weights(directions, 8 * hidden), undefined, undefined, undefined, undefined];
  return [
    floats(steps, batch, inputs),
    knownBytes(element, directions, inputs, 4 * hidden),
    knownBytes(element, directions, hidden, 4 * hidden),
    ...middle.map((operand, i) => rest[i] ?? operand),
    ...[scales(0.004), zeros, scales(0.006), zeros],
  ];
}

const op = 'DynamicQuantizeLSTM';
const size = int('hidden_size', hidden);
/** One ends a step early. What the state of a sequence that has ended adds to the range of later steps is not specified. */
const lengths = known('i32', [batch], [5, 4]);
const state = (directions: number) => floats(directions, batch, hidden);

const cases: Case[] = (['u8', 'i8'] as const).flatMap((element): Case[] => [
  { op, operands: operandsFor(element, 1, false), attributes: [size], outputs: [0, 1, 2] },
  { op, operands: operandsFor(element, 1, true), attributes: [size, string('direction', 'reverse')], outputs: [0] },
  {
    op,
    operands: operandsFor(element, 2, false, [undefined, undefined, state(2), state(2), weights(2, 3 * hidden)]),
    attributes: [size, string('direction', 'bidirectional'), float('clip', 1.5)],
    outputs: [0, 1, 2],
  },
  {
    op,
    operands: operandsFor(element, 1, false, [undefined, lengths]),
    attributes: [size, strings('activations', 'Sigmoid', 'Tanh', 'Tanh'), int('input_forget', 1)],
    outputs: [0, 1, 2],
  },
]);

describe.skipIf(onnxRuntime === undefined)('like ONNX Runtime', () => {
  it.each(cases.map((one, i) => ({ ...one, i })))('DynamicQuantizeLSTM $i', expectLikeOrt);
});
