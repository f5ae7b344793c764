// From the syntax of an attribute's value to the value, as the attribute's kind reads it.
import {
  type AttributeKind,
  type AttributeSchema,
  type AttributeValue,
  type Requantization,
  roundings,
} from './attributes.ts';
import { type ContentReader, readContent, shorten } from './content-text.ts';
import { elaborateType, integerOf, numberOf, numbersOfList, settingsByName, stringOf } from './elaborate-type.ts';
import type { AnyOpDefinition } from './module.ts';
import { didYouMean } from './spelling.ts';
import type { AttributeSyntax, OpSyntax, Setting, Token } from './syntax.ts';
import { elementCount, type TensorType } from './types.ts';

const int32 = [-2147483648, 2147483647] as const;

/** How each kind of token must begin, for kinds of attribute that are one token. */
const tokenForms = {
  int: { begins: /^[-0-9]/, what: 'an integer' },
  ints: { begins: /^\[/, what: 'a list of integers' },
  float: { begins: /^(?:[-0-9]|inf$|nan$)/, what: 'a number' },
  floats: { begins: /^\[/, what: 'a list of numbers' },
  bool: { begins: /^(?:true|false)$/, what: 'true or false' },
  word: { begins: /^[A-Za-z_]/, what: 'a word' },
  text: { begins: /^"/, what: 'a string' },
} as const;

function elaborateRequantization({ source }: ContentReader, at: Token, settings: readonly Setting[]): Requantization {
  const known = ['multiplier', 'shift', 'scale', 'rounding', 'zero', 'clamp'] as const;
  const given = settingsByName(source, settings, known);
  const list = (token: Token | undefined) => (token === undefined ? [] : numbersOfList(source, token));
  const rounding = roundings.find((r) => r === given.rounding?.image);
  if (rounding === undefined) return source.fail('I8C0101', at.startOffset, `needs rounding=${roundings.join(' or ')}`);
  const [low, high, ...rest] = list(given.clamp);
  if (given.zero === undefined || low === undefined || high === undefined || rest.length > 0) {
    return source.fail('I8C0101', at.startOffset, 'needs zero=N and clamp=[LOW, HIGH]');
  }
  return {
    multiplier: list(given.multiplier),
    shift: list(given.shift),
    scale: list(given.scale).map(Math.fround),
    rounding,
    zero: integerOf(source, given.zero, ...int32),
    clamp: [low, high],
  };
}

function elaborateValue(
  reader: ContentReader,
  kind: AttributeKind<AttributeValue>,
  syntax: AttributeSyntax,
  resultType: TensorType | undefined,
): AttributeValue {
  const { source } = reader;
  const { token } = syntax;
  const wrong = (what: string): never =>
    source.fail('I8C0101', token.startOffset, `expected ${what}, found ${shorten(token.image)}`);
  if (kind.kind === 'tensor') {
    if (syntax.kind !== 'content') return wrong('dense<...>, splat<...> or resource<...>');
    const type = syntax.type === undefined ? resultType : elaborateType(source, syntax.type);
    if (type === undefined) return source.fail('I8C0101', token.startOffset, 'these contents need a type');
    return { type, data: readContent(reader, token, type.element, elementCount(type.shape)) };
  }
  if (kind.kind === 'requantization') {
    return syntax.kind === 'settings'
      ? elaborateRequantization(reader, token, syntax.settings)
      : wrong('a requantization <multiplier=...>');
  }
  const form = tokenForms[kind.kind];
  if (syntax.kind !== 'token' || !form.begins.test(token.image)) return wrong(form.what);
  switch (kind.kind) {
    case 'int':
      return integerOf(source, token, ...int32);
    case 'float':
      return numberOf(source, token.image, token.startOffset);
    case 'ints':
    case 'floats':
      return numbersOfList(source, token);
    case 'bool':
      return token.image === 'true';
    case 'word':
      return token.image;
    case 'text':
      return stringOf(source, token);
  }
}

/** The attributes that an operator's text gives: not yet completed by fallbacks. Throws I8C0101. */
export function elaborateAttributes(
  reader: ContentReader,
  definition: AnyOpDefinition,
  op: OpSyntax,
  resultType: TensorType | undefined,
): Record<string, AttributeValue> {
  const schema = definition.attributes as AttributeSchema;
  const given: Record<string, AttributeValue> = {};
  for (const { name, value } of op.attributes) {
    const kind = Object.hasOwn(schema, name.image) ? schema[name.image] : undefined;
    if (kind === undefined) {
      const hint = didYouMean(name.image, Object.keys(schema));
      return reader.source.fail(
        'I8C0101',
        name.startOffset,
        `${definition.name} has no attribute ${shorten(name.image)}`,
        hint,
      );
    }
    if (Object.hasOwn(given, name.image)) {
      reader.source.fail('I8C0101', name.startOffset, `attribute ${name.image} is given twice`);
    }
    given[name.image] = elaborateValue(reader, kind, value, resultType);
  }
  return given;
}
