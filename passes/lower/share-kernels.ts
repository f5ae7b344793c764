// Kernels of equal shape are one function with different buffers: that keeps firmware small when loops are specialized.
// Those that differ only in how they requantize (layers of a perceptron, the gates of an LSTM) are one function too, with
// multipliers, shifts and zero points as parameters.
//
//     conv2d { ... requantize(%acc, 1276881792, -1) }     conv2d(%multiplier, %shift) { ... requantize(%acc, %multiplier,
//     conv2d_2 { ... requantize(%acc, 1590606080, -2) }     %shift) } called with 1276881792, -1 and 1590606080, -2
//
// Where code is downloaded, layers of different extents share a kernel as well, if their loops are nested alike: extents,
// strides and offsets become parameters.
import type { Call, Instruction, Kernel, LoadInstruction, LoopValue, StoreInstruction } from '../../ir/loops/kernel.ts';
import { kernelKey } from '../../ir/loops/kernel-key.ts';
import { rebuildKernel } from '../../ir/loops/rebuild.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { blocksOf, operandsOf } from '../../ir/loops/uses.ts';
import { type Parameters, parametersFor } from './kernel-parameters.ts';
import {
  extentNames,
  type ParameterNames,
  requantizationNames,
  type Slot,
  slotAbstraction,
  slotsOf,
} from './kernel-slots.ts';

/** In what kernels may differ that become one. */
export interface Sharing {
  readonly names: ParameterNames;
  readonly extents: boolean;
  /** Kernels that need more parameters stay apart. */
  readonly maxParameters: number;
}

/** More parameters than this cost a call more than a second function costs flash. */
export const sharedRequantization: Sharing = { names: requantizationNames, extents: false, maxParameters: 6 };

/** A parameter is two or three bytes of a call; a kernel has hundreds. */
export const sharedExtents: Sharing = { names: extentNames, extents: true, maxParameters: 40 };

/** The same calls, of fewer kernels. */
export function shareKernels(calls: readonly Call[], sharing: Sharing = sharedRequantization): Call[] {
  const groups = new Map<string, Set<Kernel>>();
  for (const kernel of new Set(calls.map((c) => c.kernel))) {
    const key = kernelKey(kernel, slotAbstraction(sharing.names, sharing.extents));
    groups.set(key, (groups.get(key) ?? new Set()).add(kernel));
  }
  const shared = new Map<Kernel, SharedKernel>();
  for (const group of groups.values()) {
    for (const [kernel, one] of share([...group], sharing)) shared.set(kernel, one);
  }
  return calls.map((call) => {
    const one = shared.get(call.kernel);
    return one === undefined ? call : { ...call, kernel: one.kernel, scalars: [...call.scalars, ...one.values] };
  });
}

/** A kernel, and the scalars with which it does what another kernel did. */
interface SharedKernel {
  readonly kernel: Kernel;
  readonly values: readonly number[];
}

/** One kernel for several of equal key; none where they differ in too much. */
function share(kernels: readonly Kernel[], { names, maxParameters }: Sharing): Map<Kernel, SharedKernel> {
  const [first] = kernels;
  const shared = new Map<Kernel, SharedKernel>();
  if (first === undefined || kernels.length === 1) return shared;
  const slots = slotsOf(first, names);
  const numbers = kernels.map((k) => slotsOf(k, names).map((s) => s.value));
  const parameters = parametersFor(
    slots,
    slots.map((_, i) => numbers.map((n) => n[i] ?? 0)),
  );
  if (parameters.list.length > maxParameters) return shared;
  const kernel = withParameters(first, slots, parameters, kernels);
  for (const [k, old] of kernels.entries()) {
    shared.set(old, { kernel, values: parameters.list.map((p) => p.values[k] ?? 0) });
  }
  return shared;
}

/** `first` with parameters in its slots, for buffers of the lengths that `all` have. */
function withParameters(first: Kernel, slots: readonly Slot[], parameters: Parameters, all: readonly Kernel[]): Kernel {
  const slotNumbers = new Map<Instruction, Map<number, number>>();
  for (const [i, { user, operand }] of slots.entries()) {
    const ofUser = slotNumbers.get(user) ?? new Map<number, number>();
    slotNumbers.set(user, ofUser.set(operand, i));
  }
  const buffers = new Map(
    first.buffers.map((b, i) => [
      b,
      withLength(
        b,
        all.map((k) => k.buffers[i]?.length ?? 0),
      ),
    ]),
  );
  const aligns = commonAligns(first, all);
  const rebuilt = rebuildKernel(first, {
    operand(x, position, b) {
      const slot = slotNumbers.get(x)?.get(position);
      const scalar = slot === undefined ? undefined : parameters.emit(b, slot);
      return scalar && b.splat(scalar, operandsOf(x)[position]!.type);
    },
    access: (x) => ({ buffer: buffers.get(x.buffer) ?? x.buffer, align: aligns.get(x) ?? x.align }),
  });
  const scalars: LoopValue[] = [...first.scalars, ...parameters.list.map((p) => p.scalar)];
  return { ...rebuilt, buffers: [...buffers.values()], scalars };
}

/** The buffer as it is for the longest of these lengths. */
function withLength(buffer: Buffer, lengths: readonly number[]): Buffer {
  const length = Math.max(...lengths);
  return lengths.every((n) => n === length) ? buffer : { ...buffer, length, varies: true };
}

type Access = LoadInstruction | StoreInstruction;

/** What is known of each access's alignment in all of the kernels. */
function commonAligns(first: Kernel, all: readonly Kernel[]): Map<Access, number> {
  const lists = all.map((k) => k.body.body.flatMap(accessesIn));
  return new Map(
    first.body.body.flatMap(accessesIn).map((x, i) => [x, Math.min(...lists.map((list) => list[i]?.align ?? 1))]),
  );
}

function accessesIn(x: Instruction): Access[] {
  if (x.kind === 'load' || x.kind === 'store') return [x];
  return blocksOf(x).flatMap((block) => block.body.flatMap(accessesIn));
}
