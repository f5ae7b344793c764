// reinterpret: the same stored integers under another quantization.
import { defineOp, required, rule } from '../define-op.ts';
import { copyRun } from '../tensor-data.ts';
import { transposedElementwise } from '../transposition.ts';
import { sameType, tensorType } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';

export const reinterpret = defineOp({
  name: 'reinterpret',
  doc: 'The same stored integers under another quantization, or none: other real values. Costs nothing. Importers use it where a file gives input and output of a moving operator different scales and its runtime copies the bytes all the same, so that every other operator can insist on the scales it needs.',
  operands: [{ name: 'x', doc: 'Any tensor.' }],
  attributes: {},
  results: ['y'],
  types({ operands, asked }) {
    const x = required(operands, 0);
    const y = asked?.[0];
    rule(y !== undefined, 'needs its result type given');
    return [tensorType(x.element, x.shape, y.quant)];
  },
  view: true,
  simplify({ op, builder }) {
    const x = op.operand(0);
    const { type } = op.result;
    if (sameType(x.type, type)) return [x];
    if (x.producer?.definition !== op.definition) return undefined;
    const source = x.producer.operand(0);
    return [sameType(source.type, type) ? source : builder.create(op.definition, [source], {}, type)];
  },
  unsigned: unsignedAlike,
  transposed: transposedElementwise,
  reference({ operands, results }) {
    copyRun(results[0]!.data, 0, operands[0]!.data, 0, operands[0]!.data.length);
  },
});
