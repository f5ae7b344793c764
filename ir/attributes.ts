// The kinds of attribute an operator can declare: how a value of each kind is checked, printed and typed.
import { sameBytes, type TensorData } from './tensor-data.ts';
import { type ElementType, formatF32, isElementType, sameType } from './types.ts';

/** How accumulators become the output's integers. See docs/numerics.md; {@link requantizeScalar} in numerics is its meaning. */
export interface Requantization {
  /** 31-bit multipliers, one per output channel or one for all. For `half-even`, unused (empty). */
  readonly multiplier: readonly number[];
  /** Power-of-two exponents, one per multiplier: real factor = multiplier * 2^(shift - 31); positive shifts left. */
  readonly shift: readonly number[];
  /** f32 factors, for `half-even` only. */
  readonly scale: readonly number[];
  readonly rounding: Rounding;
  /** Zero point of the output, added after the rounding. */
  readonly zero: number;
  /** Least and greatest output value. */
  readonly clamp: readonly [number, number];
}

export const roundings = ['double', 'single', 'half-even'] as const;
export type Rounding = (typeof roundings)[number];

export type AttributeValue = number | boolean | string | readonly number[] | TensorData | Requantization | undefined;

/** One attribute's kind. `T` is the type that reference and lowering see. */
export interface AttributeKind<T extends AttributeValue> {
  readonly kind: 'int' | 'ints' | 'float' | 'floats' | 'bool' | 'word' | 'text' | 'tensor' | 'requantization';
  /** Printed nothing when the value equals this; absent: the attribute must be given. */
  readonly fallback?: T;
  readonly optional?: boolean;
  /** For `word`: the words allowed. */
  readonly words?: readonly string[];
  /** What is wrong with a value, or undefined. */
  problem(value: AttributeValue): string | undefined;
  /** Only for inference of T; never present at run time. */
  readonly phantom?: T;
  readonly doc: string;
}

const isInt32 = (x: unknown): x is number =>
  typeof x === 'number' && Number.isInteger(x) && x >= -2147483648 && x <= 2147483647;
const isNumber = (x: unknown): x is number => typeof x === 'number';

interface Options<T> {
  doc: string;
  fallback?: T;
}

interface IntOptions extends Options<number> {
  min?: number;
  max?: number;
}

interface ListOptions extends Options<readonly number[]> {
  length?: number;
  min?: number;
}

/** Attribute kinds, for `defineOp`. Every one takes a sentence of documentation. */
export const attr = {
  int(options: IntOptions): AttributeKind<number> {
    const { min = -2147483648, max = 2147483647 } = options;
    return {
      kind: 'int',
      problem: (v) => (isInt32(v) && v >= min && v <= max ? undefined : `must be an integer in [${min}, ${max}]`),
      ...options,
    };
  },
  ints(options: ListOptions): AttributeKind<readonly number[]> {
    const { length, min = -2147483648 } = options;
    return {
      kind: 'ints',
      problem: (v) => {
        if (!Array.isArray(v) || !v.every((x) => isInt32(x) && x >= min)) {
          return `must be a list of integers${min > -2147483648 ? ` of at least ${min}` : ''}`;
        }
        return length !== undefined && v.length !== length ? `must have ${length} entries` : undefined;
      },
      ...options,
    };
  },
  float(options: Options<number>): AttributeKind<number> {
    return { kind: 'float', problem: (v) => (isNumber(v) ? undefined : 'must be a number'), ...options };
  },
  floats(options: ListOptions): AttributeKind<readonly number[]> {
    const { length } = options;
    return {
      kind: 'floats',
      problem: (v) => {
        if (!Array.isArray(v) || !v.every(isNumber)) return 'must be a list of numbers';
        return length !== undefined && v.length !== length ? `must have ${length} entries` : undefined;
      },
      ...options,
    };
  },
  bool(options: Options<boolean>): AttributeKind<boolean> {
    return { kind: 'bool', problem: (v) => (typeof v === 'boolean' ? undefined : 'must be true or false'), ...options };
  },
  /** One of a fixed set of words. */
  word<const W extends string>(words: readonly W[], options: Options<W>): AttributeKind<W> {
    return {
      kind: 'word',
      words,
      problem: (v) => (words.includes(v as W) ? undefined : `must be one of ${words.join(', ')}`),
      ...options,
    };
  },
  element(options: Options<ElementType>): AttributeKind<ElementType> {
    return {
      kind: 'word',
      problem: (v) => (typeof v === 'string' && isElementType(v) ? undefined : 'must be an element type'),
      ...options,
    };
  },
  text(options: Options<string>): AttributeKind<string> {
    return { kind: 'text', problem: (v) => (typeof v === 'string' ? undefined : 'must be a string'), ...options };
  },
  tensor(options: { doc: string }): AttributeKind<TensorData> {
    return {
      kind: 'tensor',
      problem: (v) => (typeof v === 'object' && v !== null && 'data' in v ? undefined : 'must be a tensor'),
      ...options,
    };
  },
  /** Present once requantization is fused into the operator. */
  requantization(options: { doc: string }): AttributeKind<Requantization | undefined> {
    return { kind: 'requantization', optional: true, problem: requantizationProblem, ...options };
  },
};

function requantizationProblem(v: AttributeValue): string | undefined {
  if (typeof v !== 'object' || !('multiplier' in v)) return 'must be a requantization';
  if (v.rounding === 'half-even') {
    if (v.scale.length === 0 || !v.scale.every((s) => s >= 0 && Number.isFinite(s) && Math.fround(s) === s)) {
      return 'half-even needs finite non-negative f32 scales';
    }
    if (v.multiplier.length !== 0 || v.shift.length !== 0) return 'half-even takes no multipliers and shifts';
  } else {
    if (v.multiplier.length === 0 || v.multiplier.length !== v.shift.length) {
      return 'needs one shift for each multiplier';
    }
    if (v.scale.length !== 0) return `${v.rounding} takes no scales`;
    if (!v.multiplier.every((m) => isInt32(m) && m >= 0)) return 'multipliers must be in [0, 2147483647]';
    if (!v.shift.every((s) => Number.isInteger(s) && s >= -31 && s <= 30)) return 'shifts must be in [-31, 30]';
  }
  if (!isInt32(v.zero) || !v.clamp.every(isInt32)) return 'zero and clamp must be 32-bit integers';
  return v.clamp[0] <= v.clamp[1] ? undefined : 'clamp must not be empty';
}

/** The values that reference and lowering see, from a table of kinds. */
export type AttributesOf<S extends AttributeSchema> = {
  readonly [K in keyof S]: S[K] extends AttributeKind<infer T> ? T : never;
};
// biome-ignore lint/suspicious/noExplicitAny: a table of kinds of different T; each kind keeps its own T
export type AttributeSchema = Readonly<Record<string, AttributeKind<any>>>;

function formatList(values: readonly number[], format: (x: number) => string): string {
  return `[${values.map(format).join(', ')}]`;
}

/** A float attribute as text: shortest that reads back the same double. */
export function formatFloat(x: number): string {
  if (Object.is(x, -0)) return '-0';
  if (Number.isNaN(x)) return 'nan';
  return Number.isFinite(x) ? String(x) : x > 0 ? 'inf' : '-inf';
}

/** The text of one attribute value; tensors are printed by the module printer, which knows about resources. */
export function formatAttribute(kind: AttributeKind<AttributeValue>, value: AttributeValue): string {
  switch (kind.kind) {
    case 'ints':
      return formatList(value as readonly number[], String);
    case 'float':
      return formatFloat(value as number);
    case 'floats':
      return formatList(value as readonly number[], formatFloat);
    case 'text':
      return JSON.stringify(value);
    case 'requantization': {
      const r = value as Requantization;
      const factors =
        r.rounding === 'half-even'
          ? `scale=${formatList(r.scale, formatF32)}`
          : `multiplier=${formatList(r.multiplier, String)}, shift=${formatList(r.shift, String)}`;
      return `<${factors}, rounding=${r.rounding}, zero=${r.zero}, clamp=[${r.clamp.join(', ')}]>`;
    }
    case 'tensor':
      throw new Error('tensor attributes are printed by the module printer');
    default:
      return String(value);
  }
}

/** Equality of attribute values, by content. */
export function sameAttribute(a: AttributeValue, b: AttributeValue): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === undefined || b === undefined) return false;
  if (Array.isArray(a) && Array.isArray(b)) return sameList(a, b);
  if ('data' in a && 'data' in b) return sameType(a.type, b.type) && sameBytes(a.data, b.data);
  return 'rounding' in a && 'rounding' in b && sameRequantization(a, b);
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}

function sameRequantization(a: Requantization, b: Requantization): boolean {
  return (
    a.rounding === b.rounding &&
    a.zero === b.zero &&
    sameList(a.clamp, b.clamp) &&
    sameList(a.multiplier, b.multiplier) &&
    sameList(a.shift, b.shift) &&
    sameList(a.scale, b.scale)
  );
}
