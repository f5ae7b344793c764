// Runs of consecutive elements that are copied or filled on the way into working memory. Without vectors, and where
// elements stay what they are, they are loops over elements, which backends know how to do many at a time; elements that
// become wider go vector by vector.
import { constantValue, type LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { type Buffer, laneOfElement, loopType } from '../../ir/loops/types.ts';
import { bytesPerElement } from '../../ir/types.ts';

/** A position in a buffer. */
export interface Place {
  readonly buffer: Buffer;
  readonly at: LoopValue;
}

/** Copies `count` elements; `to` may have wider integers. */
export function copyRun(b: LoopBuilder, to: Place, from: Place, count: LoopValue): void {
  const move = (i: LoopValue, lanes: number) => {
    const loaded = b.load(from.buffer, b.add(from.at, i), lanes);
    const type = loopType(laneOfElement(to.buffer.element), lanes);
    b.store(to.buffer, b.add(to.at, i), lanes === 1 ? loaded : b.convert(loaded, type));
  };
  const lanes = to.buffer.element === from.buffer.element ? 1 : lanesFor(count, to.buffer);
  inSteps(b, count, lanes, move);
}

/** Fills `count` elements with an integer. */
export function fillRun(b: LoopBuilder, to: Place, value: LoopValue, count: LoopValue): void {
  // Bytes are filled by backends; wider integers would be stored one by one.
  const isWide = bytesPerElement(to.buffer.element) > 1 && to.buffer.element !== 'f32';
  const lanes = isWide ? lanesFor(count, to.buffer) : 1;
  const type = loopType(laneOfElement(to.buffer.element), lanes);
  const stored = lanes === 1 ? value : b.splat(value, type);
  inSteps(b, count, lanes, (i) => b.store(to.buffer, b.add(to.at, i), stored));
}

/** Bytes of two registers: what a step moves at most. */
const stepBytes = 32;

/** The lanes of a step: a power of two that a known number of elements fills. */
function lanesFor(count: LoopValue, { element }: Buffer): number {
  const known = Number(constantValue(count) ?? 0);
  let lanes = stepBytes / bytesPerElement(element);
  while (lanes > known) lanes /= 2;
  return lanes < 4 ? 1 : lanes;
}

/** Calls `step` for every `lanes` of `count` elements; the last step repeats what the one before it did already. */
function inSteps(b: LoopBuilder, count: LoopValue, lanes: number, step: (i: LoopValue, lanes: number) => void): void {
  const known = Number(constantValue(count) ?? 0);
  const isWhole = known % lanes === 0;
  b.for(0, count, (i) => step(isWhole || lanes === 1 ? i : b.min(i, known - lanes), lanes), { name: 'i', step: lanes });
}
