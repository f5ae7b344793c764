// cumsum: running sums along an axis.
import { attr } from '../attributes.ts';
import { splitAtAxis } from '../channel-quantization.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { applyRequantization } from '../numerics.ts';
import { requantizationFor, scaleAndZero, unbounded } from '../quantized.ts';
import type { Elements } from '../tensor-data.ts';
import { elementCount, tensorType } from '../types.ts';
import { requantize } from './requantize.ts';

/**
 * Accumulators of the quantized form count in 2^-19 of the input's scale: TensorFlow Lite shifts left by 20 and halves
 * (micro/kernels/cumsum.cc).
 */
const fractionBits = 19;

export const cumsum = defineOp({
  name: 'cumsum',
  doc: 'Running sums along an axis. y[k] = x[0] + ... + x[k] along an axis; without x[k] itself if exclusive; from the last element down if reverse. f32 adds in this order; i32 and i64 wrap. The integer form accumulates initial + sum of (x - input_zero) * 2^left_shift. TensorFlow Lite Micro starts its quantized sums at the stored integer 0, that is at -zero points instead of nothing; int8c does the same. Sources: TensorFlow Lite reference/cumsum.h, micro/kernels/cumsum.cc.',
  operands: [{ name: 'x', doc: 'f32, i32, i64, or quantized i8 or u8.' }],
  attributes: {
    axis: attr.int({ min: 0, doc: 'The dimension to sum along.' }),
    exclusive: attr.bool({ fallback: false, doc: 'Leaves the element at the result’s own position out.' }),
    reverse: attr.bool({ fallback: false, doc: 'Sums from the end.' }),
    input_zero: attr.int({ fallback: 0, doc: 'Zero point of x in the integer form.' }),
    left_shift: attr.int({
      min: 0,
      max: 30,
      fallback: 0,
      doc: 'Fraction bits of the accumulators of the integer form.',
    }),
    initial: attr.int({ fallback: 0, doc: 'Where the accumulators of the integer form start.' }),
    requant: attr.requantization({ doc: 'Present in the fused integer form: how accumulators become results.' }),
  },
  results: ['y'],
  types({ operands, attributes: { axis, requant }, asked }) {
    const x = required(operands, 0);
    rule(axis < x.shape.length, `axis ${axis} is outside rank ${x.shape.length}`);
    if (['f32', 'i32', 'i64'].includes(x.element)) return [x];
    rule(x.element === 'i8' || x.element === 'u8', `does not sum ${x.element}`);
    scaleAndZero(x, 'input');
    const y = asked?.[0];
    rule(y !== undefined, 'needs its result type given: integers do not say their scale');
    const accumulates = requant === undefined && y.quant === undefined;
    rule(y.element === (accumulates ? 'i32' : x.element), `cannot give ${y.element} from ${x.element}`);
    return [tensorType(y.element, x.shape, y.quant)];
  },
  integer({ op, attributes, builder, rounding }) {
    const x = op.operand(0);
    const result = op.result.type;
    if (!['i8', 'u8'].includes(x.type.element) || result.quant === undefined || attributes.requant !== undefined) {
      return undefined;
    }
    const input = scaleAndZero(x.type, 'input');
    const output = scaleAndZero(result, 'result');
    const factor = (2 * input.scale) / (2 ** (fractionBits + 1) * output.scale);
    rule(factor < 1, 'needs a result scale that is not far below the input’s');
    const { axis, exclusive, reverse } = attributes;
    const sums = builder.create(
      op.definition,
      [x],
      {
        ...{ axis, exclusive, reverse, input_zero: input.zero, left_shift: fractionBits },
        initial: -input.zero * 2 ** fractionBits,
      },
      tensorType('i32', result.shape),
    );
    const requant = requantizationFor([factor], result, unbounded, rounding);
    return [builder.create(requantize, [sums], { requant }, result)];
  },
  reference({ operands, attributes, results }) {
    const { type, data } = operands[0]!;
    const y: Elements = results[0]!.data;
    const { exclusive, reverse, requant } = attributes;
    const [outer, depth, inner] = splitAtAxis(type.shape, attributes.axis);
    const sum = runningSum(type.element, attributes);
    if (y.length === 0) return;
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) {
        let acc = sum.start;
        for (let k = 0; k < depth; k++) {
          const at = (o * depth + (reverse ? depth - 1 - k : k)) * inner + i;
          const next = sum.add(acc, data[at]!);
          const shown = exclusive ? acc : next;
          y[at] = requant === undefined ? shown : applyRequantization(shown, requant, 0);
          acc = next;
        }
      }
  },
  lower({ attributes, operand, result, type, ...buffers }) {
    const { element, shape } = type(0);
    if (elementCount(shape) === 0) return [];
    const x = operand(0);
    const y = result(0);
    const { axis, exclusive, reverse, requant } = attributes;
    const [outer, depth, inner] = splitAtAxis(shape, axis);
    const code = requant === undefined ? undefined : buffers.requantization(requant);
    const finish = (b: LoopBuilder, acc: LoopValue) => code?.emit(b, acc, b.constant(0)) ?? acc;
    const small = element === 'i8' || element === 'u8';
    return [
      {
        kind: 'loops',
        body(b) {
          const start =
            element === 'f32' ? b.f32(0) : element === 'i64' ? b.i64(0) : b.constant(small ? attributes.initial : 0);
          const line = (o: LoopValue, i: LoopValue) =>
            b.forCarry(
              0,
              depth,
              [start],
              (k, [acc]) => {
                const along = reverse ? b.sub(depth - 1, k) : k;
                const at = b.flatten([outer, depth, inner], [o, along, i]);
                const loaded = b.load(x, at);
                const term = small ? b.shl(b.sub(loaded, attributes.input_zero), attributes.left_shift) : loaded;
                const next = b.add(acc!, term);
                b.store(y, at, finish(b, exclusive ? acc! : next));
                return [next];
              },
              { name: 'k', carry: ['acc'] },
            );
          const mode = { mode: 'parallel' } as const;
          b.for(0, outer, (o) => b.for(0, inner, (i) => line(o, i), { ...mode, name: 'i' }), { ...mode, name: 'o' });
        },
      },
    ];
  },
  inPlace: (op) => (op.result.type.element === op.operand(0).type.element ? [0] : []),
});

type Sum = number | bigint;

/** Start and step of the sums of an element type, in the arithmetic that its accumulators have. */
function runningSum(
  element: string,
  attributes: { input_zero: number; left_shift: number; initial: number },
): { start: Sum; add: (acc: Sum, x: Sum) => Sum } {
  switch (element) {
    case 'f32':
      return { start: 0, add: (acc, x) => Math.fround(Number(acc) + Number(x)) };
    case 'i64':
      return { start: 0n, add: (acc, x) => BigInt.asIntN(64, BigInt(acc) + BigInt(x)) };
    case 'i32':
      return { start: 0, add: (acc, x) => (Number(acc) + Number(x)) | 0 };
    default: {
      const unit = 2 ** attributes.left_shift;
      return {
        start: attributes.initial,
        add: (acc, x) => (Number(acc) + (Number(x) - attributes.input_zero) * unit) | 0,
      };
    }
  }
}
