// A kernel of several loop nests, one after the other, is split into a kernel for each nest, so that each can be launched
// as the invocations that it has. What the nests share must be constants and what is computed from them.
import type { Block, Call, Instruction, Kernel, LoopProgram, LoopValue } from '../../ir/loops/kernel.ts';
import { blocksOf, type KernelUses, kernelUses, operandsOf, resultsOf } from '../../ir/loops/uses.ts';
import { launchedLoop } from './launch.ts';

/** The program with such kernels split; every call becomes calls of the parts, in order. */
export function splitKernels(program: LoopProgram): LoopProgram {
  const parts = new Map(program.kernels.map((k) => [k, partsOf(k)]));
  const calls = program.calls.flatMap((call) =>
    (parts.get(call.kernel) ?? [call.kernel]).map((part) => callOf(part, call)),
  );
  return { ...program, kernels: [...parts.values()].flat(), calls };
}

/** The call of a part: with those of the buffers and scalars that it uses. */
function callOf(part: Kernel, call: Call): Call {
  if (part === call.kernel) return call;
  const args = call.args.filter((_, i) => part.buffers.includes(call.kernel.buffers[i]!));
  return { ...call, kernel: part, args };
}

function partsOf(kernel: Kernel): Kernel[] {
  const uses = kernelUses(kernel);
  const storing = kernel.body.body.filter((x) => uses.stores(x));
  const launched = storing.map((x) => launchedLoop(x) !== undefined);
  if (storing.length < 2 || !launched.includes(true) || !sharesOnlyConstants(kernel.body, uses)) return [kernel];
  // What is launched stands alone, what is not stays together.
  const groups: Instruction[][] = [];
  storing.forEach((x, i) => {
    const last = groups.at(-1);
    if (i > 0 && last !== undefined && !launched[i] && !launched[i - 1]) last.push(x);
    else groups.push([x]);
  });
  return groups.map((group, i) => part(kernel, group, i === 0 ? kernel.name : `${kernel.name}_part${i + 1}`));
}

/** True when all that the stores at the top depend on at the top is computed from constants. */
function sharesOnlyConstants({ body }: Block, uses: KernelUses): boolean {
  return body.every((x) => uses.stores(x) || !uses.matters(x) || x.kind === 'const' || x.kind === 'compute');
}

/** The kernel that runs these instructions of the top, and what they need. */
function part(kernel: Kernel, group: readonly Instruction[], name: string): Kernel {
  const needed = new Set<LoopValue>();
  const buffers = new Set<unknown>();
  const need = (x: Instruction): void => {
    for (const v of operandsOf(x)) needed.add(v);
    if (x.kind === 'load' || x.kind === 'store') buffers.add(x.buffer);
    for (const block of blocksOf(x)) {
      block.body.forEach(need);
      for (const v of block.results) needed.add(v);
    }
  };
  group.forEach(need);
  const body = kernel.body.body.toReversed().filter((x) => {
    if (group.includes(x)) return true;
    const isNeeded = (x.kind === 'const' || x.kind === 'compute') && resultsOf(x).some((v) => needed.has(v));
    if (isNeeded) need(x);
    return isNeeded;
  });
  return {
    ...kernel,
    name,
    buffers: kernel.buffers.filter((b) => buffers.has(b)),
    body: { args: [], body: body.toReversed(), results: [] },
  };
}
