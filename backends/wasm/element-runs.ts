// Loops that only copy consecutive elements, or fill them with one byte: they become calls of functions that move 16
// bytes at a time. Padding and every operator that moves elements end in such loops.
import { internalError } from '../../ir/diagnostics.ts';
import type { ForInstruction, LoadInstruction, LoopValue, StoreInstruction } from '../../ir/loops/kernel.ts';
import { lanesOf } from '../../ir/loops/types.ts';
import type { KernelUses } from '../../ir/loops/uses.ts';
import { bytesPerElement } from '../../ir/types.ts';

/** Where a run begins when the counter is 0: the sum of values from outside of the loop. */
export type RunStart = readonly LoopValue[];

export type ElementRun =
  | {
      readonly kind: 'copy';
      readonly load: LoadInstruction;
      readonly store: StoreInstruction;
      readonly from: RunStart;
      readonly to: RunStart;
    }
  | { readonly kind: 'fill'; readonly store: StoreInstruction; readonly value: LoopValue; readonly to: RunStart };

/** What the loop does, if it is no more than that. Whether the buffers of a copy are apart, the caller must know. */
export function elementRun(x: ForInstruction, uses: KernelUses): ElementRun | undefined {
  const counter = x.block.args[0] ?? internalError('a loop has no counter');
  if (x.step !== 1 || uses.carried(x).length > 0) return undefined;
  const body = x.block.body.filter((i) => uses.matters(i));
  const inside = new Set<LoopValue>([counter]);
  const [loads, stores] = [[] as LoadInstruction[], [] as StoreInstruction[]];
  for (const i of body) {
    if (i.kind === 'store') stores.push(i);
    else if (i.kind === 'load') loads.push(i);
    else if (i.kind !== 'compute' || i.opcode !== 'add') return undefined;
    if (i.kind !== 'store') inside.add(i.result);
  }
  const [store, load] = [stores[0], loads[0]];
  if (store === undefined || stores.length > 1 || loads.length > 1 || lanesOf(store.value.type) > 1) return undefined;
  const to = startOf(store.index, counter, inside);
  if (to === undefined) return undefined;
  if (load === undefined) {
    const isByte = bytesPerElement(store.buffer.element) === 1;
    return isByte && !inside.has(store.value) ? { kind: 'fill', store, value: store.value, to } : undefined;
  }
  const from = startOf(load.index, counter, inside);
  const same = store.value === load.result && store.buffer.element === load.buffer.element;
  return same && from !== undefined ? { kind: 'copy', load, store, from, to } : undefined;
}

/** The terms of an index that is the counter plus values from outside. */
function startOf(index: LoopValue, counter: LoopValue, inside: ReadonlySet<LoopValue>): RunStart | undefined {
  let counters = 0;
  const terms: LoopValue[] = [];
  const visit = (v: LoopValue): boolean => {
    if (v === counter) {
      counters++;
      return true;
    }
    if (!inside.has(v)) {
      terms.push(v);
      return true;
    }
    return v.definition?.kind === 'compute' && v.definition.operands.every(visit);
  };
  return visit(index) && counters === 1 ? terms : undefined;
}
