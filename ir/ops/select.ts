// select: elements from one of two tensors.
import { defineOp, required, rule } from '../define-op.ts';
import { elementwiseInPlace, elementwiseMap, elementwiseShape, forEachElement } from '../elementwise.ts';
import type { Elements } from '../tensor-data.ts';
import { transposedElementwise } from '../transposition.ts';
import { sameQuantization, tensorType } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';

export const select = defineOp({
  name: 'select',
  doc: 'y = condition ? a : b, element by element. Quantized operands share one quantization. Sources: TensorFlow Lite reference/select.h; ONNX Where.',
  operands: [
    { name: 'condition', doc: 'bool.' },
    { name: 'a', doc: 'Where the condition holds; any tensor but f16.' },
    { name: 'b', doc: 'Where it does not; the type of a. All three shapes broadcast as in numpy.' },
  ],
  attributes: {},
  results: ['y'],
  moves: () => true,
  types({ operands }) {
    const condition = required(operands, 0);
    const a = required(operands, 1);
    const b = required(operands, 2);
    rule(condition.element === 'bool', `takes a bool condition, got ${condition.element}`);
    rule(a.element !== 'f16', 'does not take f16');
    rule(a.element === b.element, `chooses between equal element types, got ${a.element} and ${b.element}`);
    rule(a.quant?.axis === undefined, 'needs one scale for the whole tensor');
    rule(sameQuantization(a.quant, b.quant), 'chooses between tensors of one quantization');
    return [tensorType(a.element, elementwiseShape([condition.shape, a.shape, b.shape]), a.quant)];
  },
  unsigned: unsignedAlike,
  reference({ operands, results }) {
    const [condition, a, b] = [operands[0]!, operands[1]!, operands[2]!];
    const y = results[0]!;
    const [c, p, q, put]: Elements[] = [condition.data, a.data, b.data, y.data];
    forEachElement(y.type.shape, [condition.type.shape, a.type.shape, b.type.shape], (at, [i, j, k]) => {
      put![at] = c![i!] ? p![j!]! : q![k!]!;
    });
  },
  lower({ operand, result, type, resultType }) {
    const operands = [0, 1, 2].map((i) => ({ buffer: operand(i), shape: type(i).shape }));
    return [
      elementwiseMap(result(0), resultType(0).shape, operands, (b, [c, p, q]) =>
        b.select(b.compare('ne', c!, 0), p!, q!),
      ),
    ];
  },
  transposed: transposedElementwise,
  inPlace: elementwiseInPlace,
});
