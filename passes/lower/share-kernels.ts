// Kernels of equal shape are one function with different buffers: that keeps firmware small when loops are specialized.
// Those that differ only in how they requantize (layers of a perceptron, the gates of an LSTM) are one function too, with
// multipliers, shifts and zero points as parameters.
//
//     conv2d { ... requantize(%acc, 1276881792, -1) }     conv2d(%multiplier, %shift) { ... requantize(%acc, %multiplier,
//     conv2d_2 { ... requantize(%acc, 1590606080, -2) }     %shift) } called with 1276881792, -1 and 1590606080, -2
import type { Call, ComputeInstruction, Instruction, Kernel, LoopValue } from '../../ir/loops/kernel.ts';
import { type Abstraction, constantNumber, kernelKey } from '../../ir/loops/kernel-key.ts';
import { rebuildKernel } from '../../ir/loops/rebuild.ts';
import { blocksOf } from '../../ir/loops/uses.ts';

/** More parameters than this cost a call more than a second function costs flash. */
const maxParameters = 6;

/** Names of the operands that may be parameters. */
function parameterName(x: ComputeInstruction, operand: number): string | undefined {
  if (x.opcode === 'requantize') return [undefined, 'multiplier', 'shift'][operand];
  const before = x.operands[0]?.definition;
  const isZeroPoint =
    x.opcode === 'add' && operand === 1 && before?.kind === 'compute' && before.opcode === 'requantize';
  return isZeroPoint ? 'zero' : undefined;
}

/** Shifts to the right have a cheaper form than those to the left: they stay apart. */
const abstraction: Abstraction = (x, operand, value) => {
  const name = parameterName(x, operand);
  return name === 'shift' ? `${name} ${value < 0 ? 'right' : 'left'}` : name;
};

/** The same calls, of fewer kernels. */
export function shareKernels(calls: readonly Call[]): Call[] {
  const groups = new Map<string, Set<Kernel>>();
  for (const kernel of new Set(calls.map((c) => c.kernel))) {
    const key = kernelKey(kernel, abstraction);
    groups.set(key, (groups.get(key) ?? new Set()).add(kernel));
  }
  const shared = new Map<Kernel, SharedKernel>();
  for (const group of groups.values()) {
    const kernels = [...group];
    for (const [kernel, one] of share(kernels)) shared.set(kernel, one);
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
function share(kernels: readonly Kernel[]): Map<Kernel, SharedKernel> {
  const [first] = kernels;
  const shared = new Map<Kernel, SharedKernel>();
  if (first === undefined || kernels.length === 1) return shared;
  const slots = slotsOf(first);
  const numbers = kernels.map((k) => slotsOf(k).map((s) => s.value));
  // Slots that hold the same number as each other in every kernel are one parameter.
  const parameters = new Map<string, { scalar: LoopValue; slot: number }>();
  const ofSlot = slots.map((slot, i) => {
    const column = numbers.map((n) => n[i]);
    if (column.every((value) => value === slot.value)) return undefined;
    const key = column.join();
    const known = parameters.get(key) ?? { scalar: { type: 'i32', name: slot.name }, slot: i };
    parameters.set(key, known);
    return known.scalar;
  });
  if (parameters.size > maxParameters) return shared;
  const kernel = withParameters(
    first,
    slots,
    ofSlot,
    [...parameters.values()].map((p) => p.scalar),
  );
  for (const [k, old] of kernels.entries()) {
    shared.set(old, { kernel, values: Array.from(parameters.values(), (p) => numbers[k]![p.slot]!) });
  }
  return shared;
}

/** A constant operand that may become a parameter. */
interface Slot {
  readonly user: ComputeInstruction;
  readonly operand: number;
  readonly name: string;
  readonly value: number;
}

/** In the order of the kernel's text, so that kernels of equal key have them at equal positions. */
function slotsOf(kernel: Kernel): Slot[] {
  const slots: Slot[] = [];
  const visit = (x: Instruction): void => {
    if (x.kind === 'compute') {
      for (const [operand, v] of x.operands.entries()) {
        const [name, value] = [parameterName(x, operand), constantNumber(v)];
        if (name !== undefined && value !== undefined) slots.push({ user: x, operand, name, value: Number(value) });
      }
    }
    for (const block of blocksOf(x)) block.body.forEach(visit);
  };
  kernel.body.body.forEach(visit);
  return slots;
}

function withParameters(
  kernel: Kernel,
  slots: readonly Slot[],
  scalars: readonly (LoopValue | undefined)[],
  added: readonly LoopValue[],
): Kernel {
  const replaced = new Map<ComputeInstruction, Map<number, LoopValue>>();
  for (const [i, { user, operand }] of slots.entries()) {
    const scalar = scalars[i];
    if (scalar === undefined) continue;
    const ofUser = replaced.get(user) ?? new Map<number, LoopValue>();
    replaced.set(user, ofUser.set(operand, scalar));
  }
  const rebuilt = rebuildKernel(kernel, {
    compute(x, operands, b) {
      const ofUser = replaced.get(x);
      if (ofUser === undefined) return undefined;
      const now = operands.map((v, i) => {
        const scalar = ofUser.get(i);
        return scalar === undefined ? v : b.splat(scalar, v.type);
      });
      return b.compute(x.opcode, now, x.immediates, x.result.type);
    },
  });
  return { ...rebuilt, scalars: [...kernel.scalars, ...added] };
}
