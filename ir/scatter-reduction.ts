// How a scattered update is combined with the element at its place, in numbers and in loops.
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import { greater, lesser } from './numerics.ts';
import type { ElementType } from './types.ts';

export type ScatterReduction = 'none' | 'add' | 'mul' | 'min' | 'max';

type Element = number | bigint;

export interface ScatterArithmetic {
  /** Results are stored as the element type stores them: integers wrap. */
  numbers(there: Element, update: Element): Element;
  /** `there` loads the element, where it is needed. */
  code(b: LoopBuilder, there: () => LoopValue, update: LoopValue): LoopValue;
}

/** min and max of numbers as `minimum` and `maximum` have them: NaN and signed zeros resolve alike. */
export function arithmeticOf(reduction: ScatterReduction, element: ElementType): ScatterArithmetic {
  const long = element === 'i64';
  const wide = (f: (a: bigint, b: bigint) => bigint) => (a: Element, b: Element) => f(BigInt(a), BigInt(b));
  const single = (f: (a: number, b: number) => number) => (a: Element, b: Element) => {
    const y = f(Number(a), Number(b));
    return element === 'f32' ? Math.fround(y) : y;
  };
  switch (reduction) {
    case 'none':
      return { numbers: (_there, update) => update, code: (_b, _there, update) => update };
    case 'add':
      return {
        numbers: long ? wide((a, b) => a + b) : single((a, b) => (element === 'f32' ? a + b : (a + b) | 0)),
        code: (b, there, update) => b.add(there(), update),
      };
    case 'mul':
      return {
        numbers: long ? wide((a, b) => a * b) : single((a, b) => (element === 'f32' ? a * b : Math.imul(a, b))),
        code: (b, there, update) => b.mul(there(), update),
      };
    case 'min':
      return {
        numbers: long ? wide((a, b) => (b < a ? b : a)) : single(lesser),
        code: (b, there, update) => b.min(there(), update),
      };
    case 'max':
      return {
        numbers: long ? wide((a, b) => (a < b ? b : a)) : single(greater),
        code: (b, there, update) => b.max(there(), update),
      };
  }
}
