// i8 values stored as u8, each element 128 more (offset binary), for instruction sets whose dot products want unsigned
// activations: what operators declare of themselves (`unsigned` in define-op.ts), and what they have in common there. The
// pass store-unsigned asks them.
import type { AttributeValue, Requantization } from './attributes.ts';
import type { AttributeRecord, Op } from './module.ts';
import { type TensorType, tensorType } from './types.ts';

/** How much more an element is in u8 than in i8. */
export const unsignedOffset = 128;

/** Which i8 operands and results of an operator are stored as u8, by position. */
export interface UnsignedPlaces {
  readonly operands: readonly boolean[];
  readonly results: readonly boolean[];
}

/** The u8 type of an i8 type: the same real values. */
export function unsignedType({ shape, quant }: TensorType): TensorType {
  const zero = quant?.zero.map((z) => z + unsignedOffset);
  return tensorType('u8', shape, quant === undefined || zero === undefined ? quant : { ...quant, zero });
}

/** `value` where the place is not stored as u8, 128 more where it is. */
export function offsetWhere(stored: boolean | undefined, value: number): number {
  return stored === true ? value + unsignedOffset : value;
}

/** The requantization into a result that is stored as u8 or not. */
function requantizationInto(stored: boolean | undefined, r: Requantization): Requantization {
  const [low, high] = r.clamp;
  return {
    ...r,
    zero: offsetWhere(stored, r.zero),
    clamp: [offsetWhere(stored, low), offsetWhere(stored, high)],
  };
}

/**
 * Operators that subtract a zero point from each element of operand `i` (attribute `zeros[i]`) and requantize what they
 * compute (attribute `requant`, where it is fused): any of these operands and the result may be u8, no other operand.
 */
export function unsignedByZeros(zeros: readonly string[]) {
  return ({ attributes }: Op, places: UnsignedPlaces): AttributeRecord | undefined => {
    if (places.operands.some((stored, i) => stored && zeros[i] === undefined)) return undefined;
    const changed: Record<string, AttributeValue> = { ...attributes };
    for (const [i, name] of zeros.entries()) {
      changed[name] = offsetWhere(places.operands[i], attributes[name] as number);
    }
    const requant = attributes.requant as Requantization | undefined;
    if (requant !== undefined) changed.requant = requantizationInto(places.results[0], requant);
    else if (places.results[0] === true) return undefined;
    return changed;
  };
}

/** Operators of two operands, stored alike, whose zero points are a list (`zeros`) and whose result is requantized. */
export function unsignedPair({ attributes }: Op, { operands, results }: UnsignedPlaces): AttributeRecord | undefined {
  if (operands[0] !== operands[1]) return undefined;
  const zeros = (attributes.zeros as readonly number[]).map((z) => offsetWhere(operands[0], z));
  return { ...attributes, zeros, requant: requantizationInto(results[0], attributes.requant as Requantization) };
}

/** Operators that move elements or choose among them: all i8 operands and results are stored alike. */
export function unsignedAlike(op: Op, { operands, results }: UnsignedPlaces): AttributeRecord | undefined {
  const stored = [
    ...op.operands.flatMap((v, i) => (v?.type.element === 'i8' ? [operands[i]] : [])),
    ...op.results.flatMap((v, i) => (v.type.element === 'i8' ? [results[i]] : [])),
  ];
  return stored.every((s) => s === stored[0]) ? op.attributes : undefined;
}
