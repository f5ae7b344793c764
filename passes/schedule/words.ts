// Schedules for machines that store whole 32-bit words (isa.ts, wordStores), GPUs: kernels are nests of parallel loops
// whose iterations become invocations, and each of them owns the words that it writes.
import { match } from 'ts-pattern';
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { ContractionLowering, Lowering, MapLowering } from '../../ir/loops/lowering.ts';
import { stridesOf } from '../../ir/types.ts';
import type { ScheduleContext } from './context.ts';
import type { Isa } from './isa.ts';
import { contractionElement, guardsOf, schedulePlain } from './plain.ts';
import { stridedAccess } from './strided.ts';
import { wordMap } from './word-map.ts';
import { scheduleWordTiles } from './word-tiles.ts';

/** Emits the whole lowering. */
export function scheduleWords(b: LoopBuilder, lowering: Lowering, isa: Isa, context: ScheduleContext): void {
  match(lowering)
    .with({ kind: 'map' }, (map) => wordMap(b, map))
    .with({ kind: 'contraction' }, (contraction) => {
      if (scheduleWordTiles(b, contraction, isa, context)) return;
      if (guardsOf(contraction, contraction.result).length > 0) schedulePlain(b, contraction);
      else wordMap(b, asMap(contraction));
    })
    .with({ kind: 'loops' }, (loops) => loops.body(b))
    .exhaustive();
}

/** Each element of the result as a function of its index. */
function asMap(c: ContractionLowering): MapLowering {
  const parallel = c.axes.flatMap((axis, i) => (axis.role === 'parallel' ? [i] : []));
  const shape = parallel.map((i) => c.axes[i]?.extent ?? 1);
  const { start, strides } = stridedAccess(c.result, c.axes.length);
  const place = { offset: start, strides: parallel.map((i) => strides[i] ?? 0) };
  const dense = stridesOf(shape);
  const isDense = start === 0 && dense.every((stride, d) => shape[d] === 1 || stride === place.strides[d]);
  return {
    kind: 'map',
    result: c.result.buffer,
    shape,
    ...(isDense ? {} : { place }),
    body(b, index) {
      const axes: (LoopValue | undefined)[] = c.axes.map(() => undefined);
      for (const [n, i] of parallel.entries()) axes[i] = index[n];
      return contractionElement(b, c, axes);
    },
  };
}
