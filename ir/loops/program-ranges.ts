// Interval analysis with what a whole program knows: a kernel's constant buffers and scalars hold what its calls pass.
// So a bias no longer hides that an accumulator cannot wrap.
import type { TensorArray } from '../tensor-data.ts';
import type { Call, Kernel, LoopProgram } from './kernel.ts';
import { hull, type Range } from './range-rules.ts';
import { type KernelRanges, kernelRanges } from './ranges.ts';

/** The ranges of every kernel that the program calls, over all of its calls. */
export function programRanges(program: LoopProgram): Map<Kernel, KernelRanges> {
  const calls = new Map<Kernel, Call[]>();
  for (const call of program.calls) {
    const known = calls.get(call.kernel);
    if (known === undefined) calls.set(call.kernel, [call]);
    else known.push(call);
  }
  return new Map(Array.from(calls, ([kernel, ofKernel]) => [kernel, rangesOver(kernel, ofKernel)]));
}

function rangesOver(kernel: Kernel, calls: readonly Call[]): KernelRanges {
  const over = (rangeIn: (call: Call) => Range | undefined): Range | undefined => {
    const ranges = calls.map(rangeIn);
    return ranges.reduce((a, b) => (a === undefined || b === undefined ? undefined : hull(a, b)));
  };
  const buffers = new Map(
    kernel.buffers.map((buffer, position) => {
      const range = over((call) => {
        const argument = call.args[position];
        if (argument?.storage.storage !== 'const' || argument.storage.data === undefined) return undefined;
        return contentRange(argument.storage.data, argument.offset, argument.offset + buffer.length);
      });
      return [buffer, range];
    }),
  );
  return kernelRanges(kernel, {
    buffer: (buffer) => buffers.get(buffer),
    scalar(scalar) {
      const position = kernel.scalars.indexOf(scalar);
      return over((call) => {
        const value = call.scalars[position];
        return value === undefined ? undefined : contentRange([value], 0, 1);
      });
    },
  });
}

/** Least and greatest element from `start` to before `end`; NaN and an empty stretch bound nothing. */
function contentRange(data: TensorArray | readonly number[], start: number, end: number): Range | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i++) {
    const x = Number(data[i]);
    if (Number.isNaN(x)) return undefined;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  return min <= max ? { min, max } : undefined;
}
