// For operators that no other file knows: operands of random types, attributes at their fallbacks. The definition's own
// rule says what it takes, so that a new operator of a plain kind is tested without a line here.
import type { AnyOpDefinition } from '../../../ir/module.ts';
import type { ElementType } from '../../../ir/types.ts';
import type { Generator } from '../draft.ts';
import { shape, typeOf } from '../tensors.ts';

const elements: readonly ElementType[] = ['i8', 'i8', 'u8', 'i16', 'f32', 'i32', 'i64', 'bool'];

export function genericGenerator(definition: AnyOpDefinition): Generator {
  return (draft) => {
    const { draw } = draft;
    const type = typeOf(draw, draw.pick(elements), shape(draw, draw.int(1, 4)));
    const operands = definition.operands.map(() =>
      draft.operand(
        (t) => t.element === type.element && JSON.stringify(t.shape) === JSON.stringify(type.shape),
        () => type,
      ),
    );
    draft.append(definition, operands);
  };
}
