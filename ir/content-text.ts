// Tensor contents in the text form, both directions: `dense<[1, 2]>`, `splat<0>` where all elements are equal, and
// `resource<"hash">` for contents that live in the `.ir.weights` file.
//
// Elements read back bit for bit: f32 as the shortest decimal, or as bits (0x7fc00001) for a NaN with a payload; f16
// always as bits; integers and i64 in decimal; bool as 0 or 1.
import { contentHash, type Resources } from './resources.ts';
import type { SourceText } from './source-text.ts';
import { allocateArray, arrayFromBytes, bytesOf, type TensorArray } from './tensor-data.ts';
import { bytesPerElement, type ElementType, formatF32, integerRange } from './types.ts';

export interface ContentPrintOptions {
  /** Contents of more elements than this go to resources, unless all are equal. */
  readonly inlineLimit?: number;
}

const defaultInlineLimit = 64;

/** The bits that `nan` stands for: the quiet NaN that every tool writes. */
const canonicalNaN = 0x7fc00000;

const hex = (bits: number, digits: number) => `0x${bits.toString(16).padStart(digits, '0')}`;

function elementFormatter(element: ElementType, data: TensorArray): (i: number) => string {
  if (element === 'f32') {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    return (i) => {
      const x = data[i] as number;
      return Number.isNaN(x) && bits[i] !== canonicalNaN ? hex(bits[i]!, 8) : formatF32(x);
    };
  }
  if (element === 'f16') return (i) => hex(data[i] as number, 4);
  return (i) => String(data[i]);
}

function allEqual(element: ElementType, data: TensorArray): boolean {
  const size = bytesPerElement(element);
  const bytes = bytesOf(data);
  for (let i = size; i < bytes.length; i++) if (bytes[i] !== bytes[i - size]) return false;
  return data.length > 0;
}

/** The text of a tensor's elements; what is too long for the text is put into `resources`. */
export function formatContent(
  element: ElementType,
  data: TensorArray,
  resources: Map<string, Uint8Array>,
  options: ContentPrintOptions = {},
): string {
  const format = elementFormatter(element, data);
  if (allEqual(element, data)) return `splat<${format(0)}>`;
  if (data.length <= (options.inlineLimit ?? defaultInlineLimit)) {
    return `dense<[${Array.from(data as ArrayLike<unknown>, (_, i) => format(i)).join(', ')}]>`;
  }
  const hash = contentHash(bytesOf(data));
  resources.set(hash, bytesOf(data));
  return `resource<"${hash}">`;
}

/** What reading contents needs beside the text. */
export interface ContentReader {
  readonly source: SourceText;
  readonly resources: Resources;
  /** Bytes that splats of this text may still take: a short text must not take unbounded memory. */
  splatBudget: number;
}

/** Bytes that all splats of one text may take together. */
export const splatBytesLimit = 2 ** 28;

/** The tokens `dense<...>`, `splat<...>` and `resource<...>`. */
export interface ContentToken {
  readonly image: string;
  readonly startOffset: number;
}

/**
 * The elements of a content token, `count` of them. Throws I8C0101 for text that is no content of this element type,
 * I8C0103 for a missing resource or one of the wrong length, I8C0004 for splats beyond all measure.
 */
export function readContent(
  reader: ContentReader,
  token: ContentToken,
  element: ElementType,
  count: number,
): TensorArray {
  const { image, startOffset } = token;
  const open = image.indexOf('<');
  const inner = image.slice(open + 1, -1);
  const at = startOffset + open + 1;
  switch (image.slice(0, open)) {
    case 'dense':
      return readDense(reader.source, inner, at, element, count);
    case 'splat': {
      reader.splatBudget -= count * bytesPerElement(element);
      if (!(reader.splatBudget >= 0)) {
        reader.source.fail('I8C0004', at, `splats of more than ${splatBytesLimit} bytes in all`);
      }
      const data = allocateArray(element, count);
      const one = allocateArray(element, 1);
      writeElement(reader.source, one, 0, element, inner, at);
      const pattern = bytesOf(one);
      const bytes = bytesOf(data);
      for (let i = 0; i < bytes.length; i++) bytes[i] = pattern[i % pattern.length]!;
      return data;
    }
    default:
      return readResource(reader, inner, at, element, count);
  }
}

function readResource(
  reader: ContentReader,
  inner: string,
  at: number,
  element: ElementType,
  count: number,
): TensorArray {
  const hash = /^\s*"([0-9a-f]{32})"\s*$/.exec(inner)?.[1];
  if (hash === undefined) reader.source.fail('I8C0101', at, 'expected a hash of 32 hexadecimal digits in quotes');
  const bytes = reader.resources.get(hash);
  if (bytes === undefined) {
    reader.source.fail('I8C0103', at, `resource ${hash} is missing`, 'Give the .ir.weights file beside the .ir file.');
  }
  const expected = count * bytesPerElement(element);
  if (bytes.length !== expected) {
    reader.source.fail('I8C0103', at, `resource ${hash} has ${bytes.length} bytes; its type needs ${expected}`);
  }
  return arrayFromBytes(element, bytes);
}

function readDense(source: SourceText, inner: string, at: number, element: ElementType, count: number): TensorArray {
  const entries = listEntries(source, inner, at);
  if (entries.length !== count) {
    source.fail('I8C0101', at, `expected ${count} elements, found ${entries.length}`);
  }
  const data = allocateArray(element, count);
  entries.forEach(({ text, offset }, i) => {
    writeElement(source, data, i, element, text, offset);
  });
  return data;
}

/** One entry of a bracketed list, trimmed, with its place in the whole text. */
export interface ListEntry {
  readonly text: string;
  readonly offset: number;
}

/** The entries of `[a, b]`, comments blanked out. Throws I8C0101 when the brackets are missing or an entry is empty. */
export function listEntries(source: SourceText, list: string, at: number): ListEntry[] {
  const blank = list.replace(/\/\/[^\n]*/g, (comment) => ' '.repeat(comment.length));
  const open = blank.search(/\S/);
  const close = blank.trimEnd().length - 1;
  if (blank[open] !== '[' || blank[close] !== ']' || close <= open) {
    source.fail('I8C0101', at, 'expected a list in brackets');
  }
  const inner = blank.slice(open + 1, close);
  if (inner.trim() === '') return [];
  const entries: ListEntry[] = [];
  let start = at + open + 1;
  for (const part of inner.split(',')) {
    const text = part.trim();
    const offset = start + part.length - part.trimStart().length;
    if (text === '') source.fail('I8C0101', offset, 'expected a list entry');
    entries.push({ text, offset });
    start += part.length + 1;
  }
  return entries;
}

const decimal = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/;

/** A number as attributes, types and lists write it (`1`, `-2.5e-3`, `inf`, `nan`), or undefined. */
export function readNumber(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  if (text === 'nan') return Number.NaN;
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  return text === '-inf' ? Number.NEGATIVE_INFINITY : undefined;
}

function writeElement(
  source: SourceText,
  data: TensorArray,
  i: number,
  element: ElementType,
  text: string,
  offset: number,
): void {
  const wrong = (): never =>
    source.fail('I8C0101', offset, `expected an element of ${element}, found ${shorten(text)}`);
  if (element === 'f32') {
    const bits = /^0x([0-9a-f]{8})$/.exec(text)?.[1];
    if (bits !== undefined) {
      new Uint32Array(data.buffer, data.byteOffset, data.length)[i] = Number.parseInt(bits, 16);
      return;
    }
    const x = readNumber(text.trim()) ?? wrong();
    if (Number.isFinite(x) && !Number.isFinite(Math.fround(x))) wrong();
    if (Number.isNaN(x)) new Uint32Array(data.buffer, data.byteOffset, data.length)[i] = canonicalNaN;
    else data[i] = x;
  } else if (element === 'f16') {
    const bits = /^0x([0-9a-f]{4})$/.exec(text)?.[1] ?? wrong();
    data[i] = Number.parseInt(bits, 16);
  } else if (data instanceof BigInt64Array) {
    // 20 characters hold every i64; longer ones are refused before BigInt's quadratic reading sees them.
    if (!/^-?[0-9]{1,19}$/.test(text)) wrong();
    const x = BigInt(text);
    if (BigInt.asIntN(64, x) !== x) wrong();
    data[i] = x;
  } else {
    const x = /^-?[0-9]+$/.test(text) ? Number(text) : wrong();
    const { min, max } = integerRange(element);
    if (x < min || x > max) wrong();
    data[i] = x;
  }
}

/** User's text, bounded for a message. */
export function shorten(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
