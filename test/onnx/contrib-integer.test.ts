// What becomes of com.microsoft's quantized operators: programs of integers, but where a pass says why not.
import { expect, it } from 'vitest';
import type { Diagnostic } from '../../ir/diagnostics.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { importModel } from '../../src/index.ts';
import { type Case, int, ints, known, modelOf, operandsOf, scale, zero } from './contrib-models.ts';

const { bytes, knownBytes, booleans } = operandsOf(71);

const x = (...shape: number[]) => [bytes('i8', ...shape), scale(0.02), zero('i8', -3)];
const y = [scale(0.03), zero('i8', 5)];
const probability = [scale(1 / 256), zero('i8', -128)];

const integers: Case[] = [
  { op: 'QLinearAdd', operands: [...x(2, 8), ...x(8), ...y] },
  { op: 'QLinearMul', operands: [...x(2, 8), ...x(8), ...y] },
  { op: 'QLinearLeakyRelu', operands: [...x(2, 8), ...y] },
  { op: 'QLinearSigmoid', operands: [...x(2, 8), ...probability] },
  { op: 'QLinearSoftmax', operands: [...x(2, 8), ...probability], attributes: [int('opset', 13)] },
  { op: 'QLinearAveragePool', operands: [...x(1, 4, 6, 6), ...y], attributes: [ints('kernel_shape', 3, 3)] },
  { op: 'QLinearGlobalAveragePool', operands: [...x(1, 4, 6, 6), ...y] },
  { op: 'QLinearReduceMean', operands: [...x(1, 4, 6), ...y], attributes: [ints('axes', 1), int('keepdims', 0)] },
  { op: 'QLinearConcat', operands: [...y, ...x(2, 8), ...x(2, 3)], attributes: [int('axis', 1)] },
  { op: 'QLinearWhere', operands: [booleans(2, 8), ...x(2, 8), ...x(8), ...y] },
  {
    op: 'QGemm',
    operands: [...x(2, 8), knownBytes('i8', 8, 4), scale(0.01), zero('i8', 0), known('i32', [4], [1, 2, 3, 4]), ...y],
  },
];

/** Operators that work on floats after the passes, and what the passes say. */
async function floats(one: Case): Promise<{ operators: string[]; notes: Diagnostic[] }> {
  const module = (await importModel(modelOf(one))).module();
  const notes: Diagnostic[] = [];
  runPasses(module, { report: (d) => notes.push(d) });
  const operators = module.entry.ops.flatMap(({ definition, operands, results }) =>
    [...operands, ...results].some((v) => v?.type.element === 'f32') ? [definition.name] : [],
  );
  return { operators, notes };
}

it.each(integers)('$op has no floats', async (one) => {
  expect((await floats(one)).operators).toEqual([]);
});

it('a pool that counts its padding stays in floats, with a note', async () => {
  const pads = [ints('kernel_shape', 3, 3), ints('pads', 1, 1, 1, 1), int('count_include_pad', 1)];
  const { operators, notes } = await floats({
    op: 'QLinearAveragePool',
    operands: [...x(1, 4, 6, 6), ...y],
    attributes: pads,
  });
  expect(operators).toContain('add');
  expect(notes.map((d) => d.code)).toContain('I8C0302');
});
