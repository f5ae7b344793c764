// Loads whose integers are only wanted in lanes twice as wide (or wider still): WebAssembly loads eight bytes and extends
// them in one instruction.
import type { Block, ComputeInstruction, Kernel, LoadInstruction } from '../../ir/loops/kernel.ts';
import { blocksOf, type KernelUses } from '../../ir/loops/uses.ts';
import { shapeOf } from './shape.ts';

/** Conversions that can be done by the load of their operand, which nothing else uses. */
export function extendingLoads(kernel: Kernel, uses: KernelUses): Map<ComputeInstruction, LoadInstruction> {
  const found = new Map<ComputeInstruction, LoadInstruction>();
  const visit = (block: Block): void => {
    block.body.forEach((x, position) => {
      for (const inside of blocksOf(x)) visit(inside);
      if (x.kind !== 'compute' || x.opcode !== 'convert' || !uses.matters(x)) return;
      const load = x.operands[0]?.definition;
      if (load?.kind !== 'load' || uses.usesOf(load.result).length !== 1) return;
      const place = uses.placeOf(load);
      const between = place.block === block ? block.body.slice(place.position + 1, position) : undefined;
      if (between === undefined) return;
      // A load must not move behind a store.
      const stays = load.buffer.role === 'const' || !between.some((other) => uses.stores(other));
      if (stays && extends64(x, load)) found.set(x, load);
    });
  };
  visit(kernel.body);
  return found;
}

/** True where eight bytes of packed integers become wider integers. */
function extends64(x: ComputeInstruction, load: LoadInstruction): boolean {
  const [from, to] = [shapeOf(load.result.type, true), shapeOf(x.result.type, true)];
  const integers = [from, to].every(({ lane }) => lane !== 'f32' && lane !== 'bool');
  return from.packed && integers && to.bits > from.bits && from.lanes * from.bits >= 64;
}
