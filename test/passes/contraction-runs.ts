// Runs a random contraction by its plain loops, and by the schedule of an instruction set, on the loop interpreter.
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { assertKernelVerified } from '../../ir/loops/verifier.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import type { Isa } from '../../passes/schedule/isa.ts';
import { schedulePlain } from '../../passes/schedule/plain.ts';
import { scheduleKernel } from '../../passes/schedule/schedule.ts';
import type { RandomContraction } from './random-contraction.ts';

/** The result of the contraction by its plain loops. */
export function runPlain({ contraction, contents }: RandomContraction): TensorArray {
  const b = new LoopBuilder();
  schedulePlain(b, contraction);
  const y = contraction.result.buffer;
  const result = allocateArray(y.element, y.length);
  const kernel = b.finish('plain', '', [...contents.keys(), y]);
  runKernel(kernel, new Map([...contents, [y, result]]));
  return result;
}

/** The result by the schedule for an instruction set, and the kernel that computed it. */
export function runScheduled(
  { contraction, contents, constants }: RandomContraction,
  isa: Isa,
  reverseParallel: boolean,
) {
  const memory = new Map<Buffer, TensorArray>(contents);
  const add = (buffer: Buffer, array: TensorArray): Buffer => {
    memory.set(buffer, array);
    return buffer;
  };
  const { kernel } = scheduleKernel(contraction, isa, {
    name: 'tiled',
    comment: '',
    contents: (buffer) => (constants.has(buffer) ? contents.get(buffer) : undefined),
    constant: (name, element, data, packing) =>
      add({ name, element, length: data.length, role: 'const', ...(packing === undefined ? {} : { packing }) }, data),
    scratch: (name, element, length) => add({ name, element, length, role: 'scratch' }, allocateArray(element, length)),
  });
  const y = contraction.result.buffer;
  const result = allocateArray(y.element, y.length);
  memory.set(y, result);
  assertKernelVerified(kernel);
  runKernel(kernel, memory, [], { reverseParallel });
  return { kernel, result };
}
