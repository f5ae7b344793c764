// Elementwise operators with numpy broadcasting: the iteration space of their maps, and a plain walk for references.

import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { MapLowering } from './loops/lowering.ts';
import type { Buffer } from './loops/types.ts';
import type { Op } from './module.ts';
import { broadcastShape, broadcastStrides, forEachIndex, stridedIndex } from './shapes.ts';
import { byteSize, sameShape } from './types.ts';

/** The shape of a result whose operands have these shapes; throws RuleViolation where they do not fit. */
export function elementwiseShape(shapes: readonly (readonly number[])[]): number[] {
  return shapes.reduce<number[]>((shape, s) => broadcastShape(shape, s), []);
}

/** Dimensions to iterate over, and for each operand the distance of its elements along each of them. */
export interface ElementwiseSpace {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/**
 * The fewest dimensions that walk the result in row-major order: neighbours are merged where every operand advances
 * through them as through one, so that equal shapes give one flat dimension and [h, w, c] + [c] gives two.
 */
export function elementwiseSpace(
  result: readonly number[],
  operands: readonly (readonly number[])[],
): ElementwiseSpace {
  const full = operands.map((s) => broadcastStrides(s, result));
  const shape: number[] = [];
  const strides: number[][] = operands.map(() => []);
  for (const [d, extent] of result.entries()) {
    if (extent === 1) continue;
    const last = shape.length - 1;
    const merges = last >= 0 && strides.every((s, i) => s[last] === full[i]![d]! * extent);
    if (merges) shape[last]! *= extent;
    else shape.push(extent);
    const at = shape.length - 1;
    for (const [i, s] of strides.entries()) s[at] = full[i]![d]!;
  }
  return shape.length > 0 ? { shape, strides } : { shape: [1], strides: operands.map(() => [0]) };
}

/** A map of broadcast operands: `body` gets one loaded element of each. */
export function elementwiseMap(
  result: Buffer,
  resultShape: readonly number[],
  operands: readonly { readonly buffer: Buffer; readonly shape: readonly number[] }[],
  body: (b: LoopBuilder, values: readonly LoopValue[]) => LoopValue,
): MapLowering {
  const space = elementwiseSpace(
    resultShape,
    operands.map((o) => o.shape),
  );
  return {
    kind: 'map',
    result,
    shape: space.shape,
    body: (b, index) =>
      body(
        b,
        operands.map((o, i) => b.load(o.buffer, stridedIndex(b, index, space.strides[i]!))),
      ),
  };
}

/** Calls `visit` for every element of the result with the positions of the operands' elements, in row-major order. */
export function forEachElement(
  result: readonly number[],
  operands: readonly (readonly number[])[],
  visit: (flat: number, positions: readonly number[]) => void,
): void {
  const strides = operands.map((s) => broadcastStrides(s, result));
  const positions = operands.map(() => 0);
  forEachIndex(result, (index, flat) => {
    for (const [i, own] of strides.entries()) {
      let position = 0;
      for (let d = 0; d < index.length; d++) position += index[d]! * own[d]!;
      positions[i] = position;
    }
    visit(flat, positions);
  });
}

/** Operands whose buffer an elementwise result may take over: those read at the same positions and of equal size. */
export function elementwiseInPlace(op: Op): number[] {
  const y = op.result.type;
  return op.operands.flatMap((v, i) =>
    v !== undefined && sameShape(v.type.shape, y.shape) && byteSize(v.type) === byteSize(y) ? [i] : [],
  );
}
