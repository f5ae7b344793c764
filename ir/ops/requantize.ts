// requantize: accumulators, or integers at one scale, to integers at another.
import { differenceRange, fitsI32 } from '../accumulator-range.ts';
import { attr, type Requantization } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { AccumulatorKnowledge } from '../loops/lowering.ts';
import { applyRequantization } from '../numerics.ts';
import { transposedElementwise, transposedRows } from '../transposition.ts';
import { elementCount, isInteger, type TensorType, tensorType } from '../types.ts';
import { unsignedByZeros } from '../unsigned-storage.ts';

export const requantize = defineOp({
  name: 'requantize',
  doc: 'y = clamp(round((x - input_zero) * multiplier * 2^(shift - 31)) + zero): the one place where accumulators become the integers of a quantized type. One factor for the tensor, or one per index of the last axis. The roundings are specified in docs/numerics.md.',
  operands: [{ name: 'x', doc: 'Integers: accumulators (i32, i64) or a quantized tensor.' }],
  attributes: {
    requant: attr.requantization({ doc: 'Multipliers, shifts, rounding, zero point and clamp.' }),
    input_zero: attr.int({ fallback: 0, doc: 'Zero point of x, subtracted first.' }),
  },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    const y = asked?.[0];
    rule(isInteger(x.element), `takes integers, got ${x.element}`);
    rule(y !== undefined && isInteger(y.element) && y.element !== 'i64', 'needs an integer result type');
    rule(attributes.requant !== undefined, 'needs attribute requant');
    const factors = Math.max(attributes.requant.multiplier.length, attributes.requant.scale.length);
    rule(factors === 1 || factors === x.shape.at(-1), `has ${factors} factors for ${x.shape.at(-1)} channels`);
    return [tensorType(y.element, x.shape, y.quant)];
  },
  unsigned: unsignedByZeros(['input_zero']),
  // One factor per index of the last axis, or one for all.
  transposed(op, perm) {
    const { multiplier, scale } = op.attributes.requant as Requantization;
    return Math.max(multiplier.length, scale.length) === 1 ? transposedElementwise(op, perm) : transposedRows(op, perm);
  },
  reference({ operands, attributes, results }) {
    const x = operands[0]!;
    const y = results[0]!.data as Int32Array;
    const r = attributes.requant!;
    const channels = x.type.shape.at(-1) ?? 1;
    const zero = attributes.input_zero;
    for (let i = 0; i < y.length; i++) {
      const acc = x.data[i]!;
      y[i] = applyRequantization(typeof acc === 'bigint' ? acc - BigInt(zero) : (acc - zero) | 0, r, i % channels);
    }
  },
  lower({ attributes, operand, result, type, ...buffers }) {
    const x = operand(0);
    const shape = type(0).shape;
    const channels = shape.at(-1) ?? 1;
    const r = attributes.requant!;
    const factors = Math.max(r.multiplier.length, r.scale.length);
    const code = buffers.requantization(r, knownInputs(type(0), attributes.input_zero, factors));
    return [
      {
        kind: 'map',
        result: result(0),
        shape: factors > 1 ? [elementCount(shape) / channels, channels] : [elementCount(shape)],
        body: (b, index, flat) => {
          const loaded = b.load(x, flat);
          return code.emit(b, b.sub(loaded, attributes.input_zero), index.at(-1)!);
        },
      },
    ];
  },
  inPlace: (op) => (op.result.type.element === op.operand(0).type.element ? [0] : []),
});

/** What the type says of x - zero; undefined where that may not fit 32 bits. */
function knownInputs(x: TensorType, zero: number, factors: number): AccumulatorKnowledge | undefined {
  if (x.element === 'i64') return undefined;
  const range = differenceRange(x.element, zero);
  return fitsI32(range) ? { ranges: Array.from({ length: factors }, () => range), movable: false } : undefined;
}
