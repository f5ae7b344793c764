// For operators that no other file knows: operands of random types and attributes of their kinds. The definition's own
// rule says what it takes, so that a new operator of a plain kind is tested without a line here.
import type { AttributeKind, AttributeSchema, AttributeValue } from '../../../ir/attributes.ts';
import type { AnyOpDefinition, AttributeRecord } from '../../../ir/module.ts';
import { type ElementType, storageType, type TensorType } from '../../../ir/types.ts';
import type { Generator } from '../draft.ts';
import type { Draw } from '../draw.ts';
import { shape, smallIntegers, typeOf } from '../tensors.ts';

const elements: readonly ElementType[] = ['i8', 'u8', 'i16', 'f32', 'f32', 'i32', 'i64', 'bool'];

/** A value of the attribute's kind; undefined where only its fallback, or nothing, will do. */
function attribute(draw: Draw, kind: AttributeKind<AttributeValue>): AttributeValue {
  switch (kind.kind) {
    case 'int':
      return draw.int(-1, 5);
    case 'ints':
      return Array.from({ length: draw.int(1, 4) }, () => draw.int(0, 3));
    case 'float':
      return draw.real(-2, 2);
    case 'floats':
      return Array.from({ length: draw.int(1, 4) }, () => draw.real(-2, 2));
    case 'bool':
      return draw.chance(0.5);
    case 'word':
      return kind.words === undefined ? undefined : draw.pick(kind.words);
    default:
      return undefined;
  }
}

function attributesOf(draw: Draw, { attributes }: AnyOpDefinition): AttributeRecord {
  const drawn = Object.entries(attributes as AttributeSchema).flatMap(([name, kind]) => {
    const value = kind.fallback !== undefined && draw.chance(0.5) ? undefined : attribute(draw, kind);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(drawn);
}

export function genericGenerator(definition: AnyOpDefinition): Generator {
  return (draft) => {
    const { draw } = draft;
    const bare = (type: TensorType) =>
      smallIntegers.some((e) => e === type.element) && draw.chance(0.3) ? storageType(type) : type;
    const fresh = () => bare(typeOf(draw, draw.pick(elements), shape(draw, draw.int(0, 4))));
    const first = fresh();
    const like = (type: TensorType) => (t: TensorType) => JSON.stringify(t) === JSON.stringify(type);
    const operands = definition.operands.map((spec) => {
      if (spec.optional === true && draw.chance(0.5)) return undefined;
      const type = draw.chance(0.8) ? first : fresh();
      return draft.operand(like(type), () => type);
    });
    const { results } = definition;
    const hints = results === 'variadic' ? undefined : results.map(() => (draw.chance(0.7) ? first : fresh()));
    draft.append(definition, operands, attributesOf(draw, definition), draw.chance(0.5) ? undefined : hints);
  };
}
