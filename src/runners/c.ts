// Runs a program as compiled C: the artifact and a small driver, which answers inputs with outputs.
import { printDriver } from '../../backends/c/driver.ts';
import { printC } from '../../backends/c/print.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { arrayFromBytes, bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { bytesPerElement } from '../../ir/types.ts';
import type { Engine } from '../runner.ts';
import { type CBuild, startC } from './c-process.ts';

export { strictFlags } from './c-process.ts';

/** Builds the program and starts it. Throws CompileError I8C0005 when there is no working C compiler. */
export async function createCEngine(program: LoopProgram, options: CBuild): Promise<Engine> {
  const { name } = program;
  const process = await startC(new Map([...printC(program, { name }), ['driver.c', printDriver(program)]]), options);
  const outputs = program.storages.filter((s) => s.storage === 'output');
  return {
    async run(inputs) {
      process.write('i');
      for (const array of inputs) process.write(bytesOf(array));
      const results: TensorArray[] = [];
      for (const s of outputs) {
        results.push(arrayFromBytes(s.element, await process.read(s.length * bytesPerElement(s.element))));
      }
      return results;
    },
    reset: () => process.write('r'),
    close: () => process.close(),
  };
}
