// concat: tensors one behind the other along an axis.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { movedType, ruleSameElements } from '../moved-type.ts';
import { copyElements } from '../strided-copy.ts';
import { copyRun } from '../tensor-data.ts';
import { transposedAxis } from '../transposition.ts';
import { elementCount, stridesOf } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';

export const concat = defineOp({
  name: 'concat',
  doc: 'The operands one behind the other along an axis. All have one element type and quantization, and equal shapes but for that axis. One copy per operand, each a run of its elements from the axis on. Sources: TensorFlow Lite reference/concatenation.h; ONNX Concat.',
  operands: [{ name: 'x', doc: 'The parts, at least one.', variadic: true }],
  attributes: { axis: attr.int({ min: 0, doc: 'The dimension that grows.' }) },
  results: ['y'],
  moves: () => true,
  factors({ operands, attributes: { axis } }) {
    const isLast = axis === (operands[0]?.type.shape.length ?? 0) - 1;
    let at = 0;
    const starts = operands.map((x) => {
      const start = at;
      if (isLast) at += x?.type.shape.at(-1) ?? 0;
      return start;
    });
    return { signs: 'any', starts };
  },
  types({ operands, attributes: { axis } }) {
    const first = required(operands, 0);
    rule(axis < first.shape.length, `axis ${axis} is outside rank ${first.shape.length}`);
    const shape = [...first.shape];
    for (let i = 1; i < operands.length; i++) {
      const x = required(operands, i);
      ruleSameElements(first, x);
      const fits = x.shape.length === shape.length && x.shape.every((n, d) => d === axis || n === shape[d]);
      rule(fits, () => `cannot join [${first.shape.join(', ')}] and [${x.shape.join(', ')}] along axis ${axis}`);
      shape[axis]! += x.shape[axis]!;
    }
    return [movedType(first, shape)];
  },
  simplify({ op, builder }) {
    const parts = op.operands.filter((x) => x !== undefined && x.type.shape[op.attributes.axis as number] !== 0);
    const [only] = parts;
    if (only === undefined) return undefined;
    if (parts.length === 1) return [only];
    const flat = parts.flatMap((x) => {
      const inner = x?.producer;
      const same = inner?.definition === op.definition && inner.attributes.axis === op.attributes.axis;
      return same && x?.users.size === 1 ? inner.operands : [x];
    });
    const unchanged = parts.length === op.operands.length && flat.length === parts.length;
    return unchanged ? undefined : [builder.create(op.definition, flat, op.attributes)];
  },
  unsigned: unsignedAlike,
  transposed: transposedAxis,
  reference({ operands, attributes: { axis }, results }) {
    const { type, data } = results[0]!;
    const rows = elementCount(type.shape.slice(0, axis));
    if (data.length === 0) return;
    let at = 0;
    for (let row = 0; row < rows; row++) {
      for (const x of operands) {
        const run = x!.data.length / rows;
        copyRun(data, at, x!.data, row * run, (row + 1) * run);
        at += run;
      }
    }
  },
  lower({ op, attributes: { axis }, operand, result, type, resultType }) {
    const strides = stridesOf(resultType(0).shape);
    let start = 0;
    return op.operands.flatMap((_, i) => {
      const { shape } = type(i);
      const to = { offset: start * strides[axis]!, strides };
      start += shape[axis]!;
      return copyElements(result(0), to, operand(i), { offset: 0, strides: stridesOf(shape) }, shape);
    });
  },
});
