// Chooses a schedule for a lowering and builds the kernel.
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Block, Kernel } from '../../ir/loops/kernel.ts';
import type { Lowering } from '../../ir/loops/lowering.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import type { ScheduleContext } from './context.ts';
import { withoutDeadCode } from './dead-code.ts';
import type { Isa } from './isa.ts';
import { schedulePlain } from './plain.ts';
import { scheduleTiled } from './tiled.ts';
import { vectorizeKernel } from './vectorize.ts';
import { scheduleWords } from './words.ts';

export interface ScheduledKernel {
  readonly kernel: Kernel;
  /** The kernel's buffers, in parameter order. */
  readonly buffers: readonly Buffer[];
}

export interface KernelRequest extends ScheduleContext {
  readonly name: string;
  readonly comment: string;
}

export function scheduleKernel(lowering: Lowering, isa: Isa, request: KernelRequest): ScheduledKernel {
  const b = new LoopBuilder();
  let isPlain = false;
  if (isa.wordStores) {
    scheduleWords(b, lowering, isa, request);
  } else if (lowering.kind !== 'contraction' || !scheduleTiled(b, lowering, isa, request)) {
    schedulePlain(b, lowering);
    isPlain = true;
  }
  const whole = withoutDeadCode(b.finish(request.name, request.comment, []));
  const draft = isPlain && isa.lanes > 1 ? vectorizeKernel(whole, isa.lanes * bytesPerLane) : whole;
  const buffers = usedBuffers(draft.body);
  return { kernel: { ...draft, buffers }, buffers };
}

/** An instruction set's lanes are those of 32-bit accumulators. */
const bytesPerLane = 4;

const roleOrder: Record<Buffer['role'], number> = { in: 0, const: 1, scratch: 2, inout: 3, out: 4 };

/** The buffers that a body touches: inputs first, then constants, scratch and results, each in order of use. */
function usedBuffers(body: Block): Buffer[] {
  const used = new Set<Buffer>();
  const visit = (block: Block): void => {
    for (const instruction of block.body) {
      if (instruction.kind === 'load' || instruction.kind === 'store') used.add(instruction.buffer);
      for (const inner of blocksOf(instruction)) visit(inner);
    }
  };
  visit(body);
  return [...used].sort((a, b) => roleOrder[a.role] - roleOrder[b.role]);
}
