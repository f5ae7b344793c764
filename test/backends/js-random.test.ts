// Generated JavaScript against the interpreter on random kernels.
import { expect, it } from 'vitest';
import { instantiateJs } from '../../backends/js/instantiate.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { contents } from '../loops/kernel-case.ts';
import { type RandomKernel, randomKernel } from '../loops/random-kernels.ts';

const copies = (memory: ReadonlyMap<Buffer, TensorArray>) =>
  new Map([...memory].map(([b, array]) => [b, array.slice()] as const));

/** A program of one call whose storages are all the caller's own arrays. */
function programOf({ kernel }: RandomKernel): LoopProgram {
  const storages = kernel.buffers.map(
    ({ name, element, length }): Storage => ({ name, element, length, storage: 'output' }),
  );
  const args = storages.map((storage) => ({ storage, offset: 0 }));
  const calls = [{ kernel, args, scalars: [], location: '' }];
  return { name: 'random', storages, kernels: [kernel], calls, arena: { offsets: new Map(), bytes: 0, lowerBound: 0 } };
}

const groups = Array.from({ length: 10 }, (_, g) => g);

it.each(groups)('does what the interpreter does, kernels of group %i', (group) => {
  for (let seed = group * 100; seed < group * 100 + 100; seed++) {
    const made = randomKernel(seed);
    const [interpreted, printed] = [copies(made.memory), copies(made.memory)];
    runKernel(made.kernel, interpreted);
    instantiateJs(programOf(made)).run([], [...printed.values()]);
    expect(contents(printed), `kernel ${seed}`).toEqual(contents(interpreted));
  }
});
