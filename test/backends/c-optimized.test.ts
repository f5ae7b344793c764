// Programs that an optimizing compiler has once got wrong, as users build them.
import { expect, it } from 'vitest';
import { createRunner, importModel } from '../../src/index.ts';
import { randomTensor, seededRandom } from '../../src/random-tensor.ts';
import { hasCompiler } from '../c-compiler.ts';

/** Kernels of few steps, each called once, that hand on tensors of different element types in one arena. */
const handingOn = `module @last_least rounding=half-even

func @main(%x: tensor<2x3x4xf32>) {
  %back = slice %x {start = [0, 2, 0], size = [2, 3, 4], step = [1, -1, 1]} : tensor<2x3x4xf32>
  %where = arg_min %back {axis = 1} : tensor<2x4xi64>
  %last = constant {value = dense<[2]> : tensor<i64>} : tensor<i64>
  %y = sub %last, %where : tensor<2x4xi64>
  return %y
}
`;

it.skipIf(!hasCompiler('gcc')).each(['-O1', '-O2', '-O3', '-Os'])(
  'kernels hand on tensors in the arena, gcc %s',
  async (level) => {
    const program = await importModel(new TextEncoder().encode(handingOn), { format: 'ir' });
    const feeds = { x: randomTensor(program.inputs[0]!.type, seededRandom(1)).data };
    const runner = await createRunner(program, { target: 'c', cc: 'gcc', cflags: [level] });
    const results = await runner.run(feeds);
    await runner.close();
    expect(results).toEqual(await (await createRunner(program, { target: 'interp' })).run(feeds));
  },
);
