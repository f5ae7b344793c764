// The little language of --preprocess: what happens to a sample before a program gets it.
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { didYouMean } from '../../ir/spelling.ts';
import type { FileElement } from '../files/file-tensor.ts';
import { rawElements } from './file-numbers.ts';
import { maxPicturePixels } from './picture.ts';

/**
 * Steps in the order in which they are done, whatever the order in which they are named: decode (`dtype`), `color`,
 * `resize` and `crop`, `layout`, then (x * `scale` - `mean`) / `std`. Steps that are not named are left out.
 */
export interface Preprocess {
  /** The element type of raw (.bin) files; else that of the input. */
  readonly dtype?: FileElement;
  /** The channels of the input; else gray for one channel, RGB for three. */
  readonly color?: Color;
  /** Pictures are scaled to this size: bilinear, with half-pixel centres, averaging where they shrink. */
  readonly resize?: { readonly width: number; readonly height: number };
  /** The middle of the picture is taken; with `resize`, scaled so that it just covers that size. */
  readonly crop?: 'center';
  /**
   * How the input is laid out; else told by its shape. Raw files then hold pictures, each pixel's channels together, that
   * are brought into this layout; without it they hold elements in the order of the input.
   */
  readonly layout?: Layout;
  /** One number, or one per channel of the input, in the input's own order of channels. */
  readonly scale?: readonly number[];
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

const colors = ['rgb', 'bgr', 'gray'] as const;
export type Color = (typeof colors)[number];

const layouts = ['nhwc', 'nchw'] as const;
export type Layout = (typeof layouts)[number];

type Parser<T> = (value: string) => T;

/** The parser of each key's value; it returns undefined for a value that is none of the key's. */
const keys: { readonly [K in keyof Preprocess]-?: { readonly parse: Parser<Preprocess[K]>; readonly takes: string } } =
  {
    dtype: { parse: oneOf(rawElements), takes: rawElements.join(', ') },
    color: { parse: oneOf(colors), takes: colors.join(', ') },
    resize: { parse: parseSize, takes: 'WIDTHxHEIGHT, or one number for both' },
    crop: { parse: oneOf(['center'] as const), takes: 'center' },
    layout: { parse: oneOf(layouts), takes: layouts.join(', ') },
    scale: { parse: parseNumbers, takes: numbersHelp() },
    mean: { parse: parseNumbers, takes: numbersHelp() },
    std: { parse: (value) => nonZero(parseNumbers(value)), takes: `${numbersHelp()}; none of them 0` },
  };

function numbersHelp(): string {
  return "numbers such as 0.5 or 1/255, one per channel with ':' between them";
}

/**
 * Parses `key=value,key=value`, for example `resize=96x96,layout=nchw,scale=1/255,mean=0.485:0.456:0.406`. The keys:
 * `dtype` (an element type), `color` (rgb, bgr, gray), `resize` (WIDTHxHEIGHT), `crop` (center), `layout` (nhwc, nchw),
 * `scale`, `mean`, `std` (a number or a fraction, or one per channel with ':' between them). Blanks do not matter.
 *
 * @throws CompileError I8C0401 for a key that is unknown or given twice, or a value that is none of its key's.
 */
export function parsePreprocess(text: string): Preprocess {
  const parsed: Record<string, unknown> = {};
  for (const part of text.split(',').map((p) => p.trim())) {
    // Nothing at all, or a comma at the end.
    if (part === '') continue;
    const equals = part.indexOf('=');
    const key = (equals < 0 ? part : part.slice(0, equals)).trim();
    if (!isKey(key)) {
      return fail('I8C0401', `--preprocess has no ${quoteName(key)}.`, {
        hint: didYouMean(key, Object.keys(keys)) ?? `It has ${Object.keys(keys).join(', ')}.`,
      });
    }
    if (Object.hasOwn(parsed, key)) fail('I8C0401', `--preprocess gives ${key} twice.`);
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    const { parse, takes } = keys[key];
    const hint = `It takes ${takes}.`;
    parsed[key] = parse(value) ?? fail('I8C0401', `--preprocess gives ${key} as ${quoteName(value)}.`, { hint });
  }
  return parsed;
}

function isKey(key: string): key is keyof Preprocess {
  return Object.hasOwn(keys, key);
}

function oneOf<T extends string>(words: readonly T[]): Parser<T | undefined> {
  return (value) => words.find((word) => word === value.toLowerCase());
}

function parseSize(value: string): { width: number; height: number } | undefined {
  const [, w, h] = /^(\d{1,6})(?:x(\d{1,6}))?$/i.exec(value) ?? [];
  if (w === undefined) return undefined;
  const [width, height] = [Number(w), Number(h ?? w)];
  return width >= 1 && height >= 1 && width * height <= maxPicturePixels ? { width, height } : undefined;
}

/** A decimal number as JavaScript and Python write them; hexadecimal and blank ones are none. */
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parseNumber(text: string): number {
  const [top = '', bottom, ...rest] = text.split('/').map((t) => t.trim());
  if (rest.length > 0 || !decimal.test(top) || (bottom !== undefined && !decimal.test(bottom))) return Number.NaN;
  return Number(top) / Number(bottom ?? 1);
}

function parseNumbers(value: string): number[] | undefined {
  const numbers = value.split(':').map(parseNumber);
  return numbers.every(Number.isFinite) ? numbers : undefined;
}

function nonZero(numbers: number[] | undefined): number[] | undefined {
  return numbers?.every((x) => x !== 0) ? numbers : undefined;
}
