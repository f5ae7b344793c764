// The types of tensor values: element type, static shape, and optionally a quantization (real = scale * (q - zero)).

/** Element types. `f16` and `i4` are storage types only: no operator computes in them. */
export const elementTypes = ['f32', 'f16', 'i4', 'i8', 'u8', 'i16', 'i32', 'i64', 'bool'] as const;
export type ElementType = (typeof elementTypes)[number];

/** Bits that one element takes in memory; `i4` is unpacked to a byte on import, so a buffer never holds half bytes. */
const elementBytes: Record<ElementType, number> = {
  f32: 4,
  f16: 2,
  i4: 1,
  i8: 1,
  u8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  bool: 1,
};

/** Bytes that one element takes in a buffer. */
export function bytesPerElement(element: ElementType): number {
  return elementBytes[element];
}

export function isElementType(text: string): text is ElementType {
  return (elementTypes as readonly string[]).includes(text);
}

/** True for the types whose values are whole numbers (bool is not one of them). */
export function isInteger(element: ElementType): boolean {
  return element !== 'f32' && element !== 'f16' && element !== 'bool';
}

/** Least and greatest value of an integer element type of at most 32 bits. */
export function integerRange(element: ElementType): { min: number; max: number } {
  switch (element) {
    case 'i4':
      return { min: -8, max: 7 };
    case 'i8':
      return { min: -128, max: 127 };
    case 'u8':
      return { min: 0, max: 255 };
    case 'i16':
      return { min: -32768, max: 32767 };
    case 'i32':
      return { min: -2147483648, max: 2147483647 };
    case 'bool':
      return { min: 0, max: 1 };
    default:
      throw new Error(`${element} has no integer range that a number holds exactly`);
  }
}

/**
 * An affine quantization: real = scale[c] * (q - zero[c]). One scale and zero for the whole tensor, or one per index of
 * `axis`. Scales are f32 values (numbers that Math.fround leaves alone), positive and finite.
 */
export interface Quantization {
  readonly axis?: number;
  readonly scale: readonly number[];
  readonly zero: readonly number[];
}

export interface TensorType {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly quant?: Quantization;
}

/** A tensor type; pass `quant` as undefined for none. */
export function tensorType(element: ElementType, shape: readonly number[], quant?: Quantization): TensorType {
  return quant === undefined ? { element, shape } : { element, shape, quant };
}

/** The same type without quantization. */
export function storageType(type: TensorType): TensorType {
  return { element: type.element, shape: type.shape };
}

/** Per-tensor quantization. */
export function perTensor(scale: number, zero: number): Quantization {
  return { scale: [Math.fround(scale)], zero: [zero] };
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/** Bytes of a tensor of this type. */
export function byteSize(type: TensorType): number {
  return elementCount(type.shape) * bytesPerElement(type.element);
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let s = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = s;
    s *= shape[d]!;
  }
  return strides;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return sameNumbers(a, b);
}

export function sameQuantization(a: Quantization | undefined, b: Quantization | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.axis === b.axis && sameNumbers(a.scale, b.scale) && sameNumbers(a.zero, b.zero);
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.element === b.element && sameNumbers(a.shape, b.shape) && sameQuantization(a.quant, b.quant);
}

/** Shortest decimal text that reads back as the same f32 value. */
export function formatF32(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (x === Number.POSITIVE_INFINITY) return 'inf';
  if (x === Number.NEGATIVE_INFINITY) return '-inf';
  if (Object.is(x, -0)) return '-0';
  for (let digits = 1; digits <= 9; digits++) {
    const text = x.toPrecision(digits);
    if (Math.fround(Number(text)) === x) return String(Number(text));
  }
  return String(x);
}

function formatQuantization(q: Quantization): string {
  const axis = q.axis === undefined ? '' : `axis=${q.axis}, `;
  const one = q.axis === undefined;
  const scale = one ? formatF32(q.scale[0]!) : `[${q.scale.map(formatF32).join(', ')}]`;
  const zero = one ? String(q.zero[0]) : `[${q.zero.join(', ')}]`;
  return `quant<${axis}scale=${scale}, zero=${zero}>`;
}

/** `tensor<1x49x10x1xi8, quant<scale=0.5847029, zero=83>>`; a scalar is `tensor<f32>`. */
export function formatType(type: TensorType): string {
  const dims = type.shape.map((d) => `${d}x`).join('');
  const quant = type.quant === undefined ? '' : `, ${formatQuantization(type.quant)}`;
  return `tensor<${dims}${type.element}${quant}>`;
}

/** The largest tensor that int8c takes: every position fits an i32, and arithmetic on positions has room. */
export const maxElements = 2 ** 28;
/** The most dimensions that a tensor has. */
export const maxRank = 32;

/**
 * What is wrong with a type by itself, or undefined: dimensions are non-negative integers, neither they nor their
 * product too many; quantization fits element type and shape.
 */
export function typeProblem(type: TensorType): string | undefined {
  if (type.shape.length > maxRank) return `has ${type.shape.length} dimensions, more than ${maxRank}`;
  if (!type.shape.every((d) => Number.isSafeInteger(d) && d >= 0)) {
    return `dimensions must be non-negative integers, got [${type.shape.join(', ')}]`;
  }
  // An extent of 0 does not excuse the others: loops over some of the dimensions must end too.
  const count = elementCount(type.shape.filter((d) => d > 0));
  if (count > maxElements) return `has ${count} elements, more than ${maxElements}`;
  const q = type.quant;
  if (q === undefined) return undefined;
  if (!isInteger(type.element)) return `element type ${type.element} takes no quantization`;
  if (q.scale.length !== q.zero.length) return 'quantization has as many zero points as scales';
  if (q.axis === undefined) {
    if (q.scale.length !== 1) return 'quantization without an axis has exactly one scale';
  } else {
    const extent = type.shape[q.axis];
    if (extent === undefined) return `quantization axis ${q.axis} is outside a shape of rank ${type.shape.length}`;
    if (q.scale.length !== extent) return `quantization has ${q.scale.length} scales for an axis of ${extent}`;
  }
  if (!q.scale.every((s) => s > 0 && Number.isFinite(s) && Math.fround(s) === s)) {
    return 'scales must be positive finite f32 values';
  }
  // Arithmetic on x - zero counts on it: a difference of two bytes has nine bits.
  const { min, max } = integerRange(type.element === 'i64' ? 'i32' : type.element);
  const impossible = q.zero.find((z) => !(Number.isInteger(z) && min <= z && z <= max));
  return impossible === undefined ? undefined : `zero point ${impossible} is outside [${min}, ${max}]`;
}
