// reshape: the same elements in the same order under another shape.
import { attr } from '../attributes.ts';
import { factorsOfFirst } from '../channel-factors.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { transposedReshape } from '../transposition.ts';
import { elementCount, sameType, tensorType } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';

export const reshape = defineOp({
  name: 'reshape',
  doc: 'The same elements in row-major order under another shape. Costs nothing: the result is a view of the operand. A result quantization may be asked for when it names the same real values (another axis number).',
  operands: [{ name: 'x', doc: 'Any tensor.' }],
  attributes: { shape: attr.ints({ min: 0, doc: 'The new shape; as many elements as before.' }) },
  results: ['y'],
  moves: () => true,
  factors: factorsOfFirst('any'),
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    const from = elementCount(x.shape);
    const to = elementCount(attributes.shape);
    rule(from === to, () => `cannot shape ${from} elements as [${attributes.shape.join(', ')}]`);
    const perAxis = x.quant?.axis !== undefined;
    return [tensorType(x.element, attributes.shape, perAxis ? asked?.[0]?.quant : x.quant)];
  },
  view: true,
  simplify({ op, builder }) {
    const x = op.operand(0);
    if (sameType(x.type, op.result.type)) return [x];
    const before = x.producer;
    if (before?.definition !== op.definition) return undefined;
    const source = before.operand(0);
    return sameType(source.type, op.result.type)
      ? [source]
      : [builder.create(op.definition, [source], op.attributes, op.result.type)];
  },
  unsigned: unsignedAlike,
  transposed: transposedReshape,
  reference({ operands, results }) {
    results[0]!.data.set(operands[0]!.data as never);
  },
});
