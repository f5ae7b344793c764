// Interval analysis with what a whole program knows: a kernel's constant buffers and scalars hold what its calls pass.
// So a bias no longer hides that an accumulator cannot wrap.
import type { TensorArray } from '../tensor-data.ts';
import { callsByKernel } from './calls.ts';
import type { Call, Kernel, LoopProgram } from './kernel.ts';
import { hull, type Range } from './range-rules.ts';
import { type KernelRanges, kernelRanges } from './ranges.ts';

/** The ranges of every kernel that the program calls, over all of its calls. `contents` may be kept from call to call. */
export function programRanges(program: LoopProgram, contents = new ContentRanges()): Map<Kernel, KernelRanges> {
  return new Map(
    Array.from(callsByKernel(program), ([kernel, ofKernel]) => [kernel, rangesOver(kernel, ofKernel, contents)]),
  );
}

function rangesOver(kernel: Kernel, calls: readonly Call[], contents: ContentRanges): KernelRanges {
  const over = (rangeIn: (call: Call) => Range | undefined): Range | undefined => {
    const ranges = calls.map(rangeIn);
    return ranges.reduce((a, b) => (a === undefined || b === undefined ? undefined : hull(a, b)));
  };
  const buffers = new Map(
    kernel.buffers.map((buffer, position) => {
      const range = over((call) => {
        const argument = call.args[position];
        if (argument?.storage.storage !== 'const' || argument.storage.data === undefined) return undefined;
        return contents.of(argument.storage.data, argument.offset, argument.offset + buffer.length);
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
        return value === undefined ? undefined : { min: value, max: value };
      });
    },
  });
}

/** Least and greatest elements of stretches of constants, each looked at once: networks have megabytes of them. */
export class ContentRanges {
  private readonly known = new Map<TensorArray, Map<string, Range | undefined>>();

  /** From element `start` to before `end`; undefined where NaN is among them, or nothing at all. */
  of(data: TensorArray, start: number, end: number): Range | undefined {
    const ofData = this.known.get(data) ?? new Map<string, Range | undefined>();
    this.known.set(data, ofData);
    const key = `${start} ${end}`;
    if (!ofData.has(key)) {
      const part = data.subarray(start, end);
      ofData.set(key, part instanceof Int8Array ? byteRange(part) : elementRange(part));
    }
    return ofData.get(key);
  }
}

/** The weights, apart from all other types so that it stays a fast loop. */
function byteRange(data: Int8Array): Range | undefined {
  let min = 127;
  let max = -128;
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  return data.length > 0 ? { min, max } : undefined;
}

function elementRange(data: TensorArray): Range | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const x = Number(data[i]);
    if (Number.isNaN(x)) return undefined;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  return min <= max ? { min, max } : undefined;
}
