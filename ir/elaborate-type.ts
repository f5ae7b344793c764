// From the syntax of names, types and numbers to what they stand for; both text forms use it.
import { listEntries, readNumber, shorten } from './content-text.ts';
import type { SourceText } from './source-text.ts';
import type { Setting, Token, TypeSyntax } from './syntax.ts';
import { isElementType, type Quantization, type TensorType, tensorType, typeProblem } from './types.ts';

/** The string that a STRING token stands for. */
export function stringOf(source: SourceText, token: Token): string {
  try {
    return JSON.parse(token.image) as string;
  } catch {
    return source.fail('I8C0101', token.startOffset, 'this is not a JSON string');
  }
}

/** The name in `%x`, `@x`, `%"x"` or `@"x"`. */
export function nameOf(source: SourceText, token: Token): string {
  const image = token.image.slice(1);
  return image.startsWith('"') ? stringOf(source, { image, startOffset: token.startOffset + 1 }) : image;
}

/** The number that a NUMBER token, or an entry of a list, stands for. */
export function numberOf(source: SourceText, text: string, offset: number): number {
  return readNumber(text) ?? source.fail('I8C0101', offset, `expected a number, found ${shorten(text)}`);
}

/** A number that must be whole and within [min, max]. */
export function integerOf(source: SourceText, token: Token, min: number, max: number): number {
  const x = numberOf(source, token.image, token.startOffset);
  if (!Number.isInteger(x) || x < min || x > max) {
    source.fail('I8C0101', token.startOffset, `expected an integer in [${min}, ${max}], found ${shorten(token.image)}`);
  }
  return x;
}

/** The numbers of a LIST token. */
export function numbersOfList(source: SourceText, token: Token): number[] {
  return listEntries(source, token.image, token.startOffset).map(({ text, offset }) => numberOf(source, text, offset));
}

/** The settings by name; each at most once, and only those of `known`. */
export function settingsByName<K extends string>(
  source: SourceText,
  settings: readonly Setting[],
  known: readonly K[],
): Partial<Record<K, Token>> {
  const byName: Partial<Record<string, Token>> = {};
  for (const { name, value } of settings) {
    if (!(known as readonly string[]).includes(name.image)) {
      source.fail('I8C0101', name.startOffset, `expected ${known.join(', ')}, found ${shorten(name.image)}`);
    }
    if (byName[name.image] !== undefined) source.fail('I8C0101', name.startOffset, `${name.image} is given twice`);
    byName[name.image] = value;
  }
  return byName as Partial<Record<K, Token>>;
}

/** A list, or a single number as a list of one. */
function oneOrMore(source: SourceText, token: Token): number[] {
  return token.image.startsWith('[')
    ? numbersOfList(source, token)
    : [numberOf(source, token.image, token.startOffset)];
}

export function elaborateQuantization(source: SourceText, settings: readonly Setting[], at: Token): Quantization {
  const { axis, scale, zero } = settingsByName(source, settings, ['axis', 'scale', 'zero']);
  if (scale === undefined || zero === undefined) {
    return source.fail('I8C0101', at.startOffset, 'a quantization needs scale and zero');
  }
  const parts = {
    scale: oneOrMore(source, scale).map(Math.fround),
    // -0 would print as 0 and compare as another zero point.
    zero: oneOrMore(source, zero).map((z) => z + 0),
  };
  return axis === undefined ? parts : { axis: integerOf(source, axis, 0, 1000), ...parts };
}

/** The type that a syntax stands for, sound in itself. Throws I8C0101. */
export function elaborateType(source: SourceText, syntax: TypeSyntax): TensorType {
  const parts = /^((?:[0-9]+x)*)([a-z][a-z0-9]*)$/.exec(syntax.shaped.image);
  const element = parts?.[2] ?? '';
  if (parts === null || !isElementType(element)) {
    source.fail(
      'I8C0101',
      syntax.shaped.startOffset,
      `expected a shape and an element type, found ${shorten(syntax.shaped.image)}`,
    );
  }
  const shape = (parts[1] ?? '').split('x').slice(0, -1).map(Number);
  const quant = syntax.quant === undefined ? undefined : elaborateQuantization(source, syntax.quant, syntax.at);
  const type = tensorType(element, shape, quant);
  const problem = typeProblem(type);
  if (problem !== undefined) source.fail('I8C0101', syntax.at.startOffset, problem);
  return type;
}
