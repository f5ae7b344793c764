// Pow: the square that models mostly mean by it is a product, and nothing else is.
import { expect, it, test } from 'vitest';
import { createRunner, importModel, type Program } from '../../src/index.ts';
import { floats, node, tensorInput, writeModel } from './write-model.ts';

const power = (exponent: readonly number[], dims: readonly number[]): Promise<Program> =>
  importModel(
    writeModel({
      input: [tensorInput('x', [2, 2])],
      output: [tensorInput('y', dims.length > 2 ? [1, 2, 2] : [2, 2])],
      initializer: [floats('e', [...exponent], dims.map(BigInt))],
      node: [node('Pow', ['x', 'e'], ['y'])],
    }),
    { name: 'net' },
  );

const x = Float32Array.of(-3, 0.1, 1.5, 4);

async function resultsOf(program: Program): Promise<number[]> {
  const runner = await createRunner(program, { target: 'js' });
  const { y } = await runner.run({ x });
  return Array.from(y ?? [], Number);
}

const operators = (program: Program) => program.module().entry.ops.map(({ definition }) => definition.name);

it('becomes a product where it is a square', async () => {
  for (const dims of [[], [1], [1, 1]]) {
    const program = await power([2], dims);
    expect(operators(program)).toContain('mul');
    expect(operators(program)).not.toContain('pow');
    expect(await resultsOf(program)).toEqual(Array.from(x, (v) => Math.fround(v * v)));
  }
});

test.each<[string, number[], number[], number[]]>([
  ['another exponent', [3], [1], [-27, 0.001, 3.375, 64]],
  ['several exponents', [2, 1], [2], [9, 0.1, 2.25, 4]],
  ['an exponent of more dimensions', [2], [1, 1, 1], [9, 0.01, 2.25, 16]],
])('stays one with %s', async (_, exponent, dims, wanted) => {
  const program = await power(exponent, dims);
  expect(operators(program)).toContain('pow');
  for (const [i, y] of (await resultsOf(program)).entries()) expect(y).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
});
