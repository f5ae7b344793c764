// Which parameters make one kernel of several: one for each number that differs between them. Numbers that are the same
// multiple of another in every kernel (the rows of a tile: one, two, three strides) need none of their own.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { Slot } from './kernel-slots.ts';

/** A scalar parameter, and its value for each of the kernels. */
export interface Parameter {
  readonly scalar: LoopValue;
  readonly values: readonly number[];
}

/** What stands in a slot: a parameter, times a number, plus another. */
interface Derived {
  readonly parameter: Parameter;
  readonly factor: number;
  readonly offset: number;
}

export interface Parameters {
  readonly list: readonly Parameter[];
  /** The value of slot `i`; undefined where it holds the same constant in all kernels. */
  emit(b: LoopBuilder, i: number): LoopValue | undefined;
}

/** `columns`: for each slot, its number in each of the kernels. */
export function parametersFor(slots: readonly Slot[], columns: readonly (readonly number[])[]): Parameters {
  const list: Parameter[] = [];
  const known = new Map<string, Derived>();
  const ofSlot = slots.map((slot, i): Derived | undefined => {
    const values = columns[i] ?? [];
    if (values.every((v) => Object.is(v, values[0]))) return undefined;
    const key = `${slot.type} ${values.join()}`;
    const derived = known.get(key) ?? (slot.type === 'i32' ? multipleOf(list, values) : undefined) ?? own(slot, values);
    known.set(key, derived);
    return derived;
  });
  function own({ name, type }: Slot, values: readonly number[]): Derived {
    const parameter: Parameter = { scalar: { type, name }, values };
    list.push(parameter);
    return { parameter, factor: 1, offset: 0 };
  }
  return {
    list,
    emit(b, i) {
      const derived = ofSlot[i];
      return derived && b.add(b.mul(derived.parameter.scalar, derived.factor), derived.offset);
    },
  };
}

/** The first parameter of which these values are the same whole multiple plus the same number. */
function multipleOf(parameters: readonly Parameter[], values: readonly number[]): Derived | undefined {
  for (const parameter of parameters) {
    if (parameter.scalar.type !== 'i32') continue;
    const from = parameter.values;
    const other = from.findIndex((v) => v !== from[0]);
    const factor = (values[other]! - values[0]!) / (from[other]! - from[0]!);
    const offset = values[0]! - factor * from[0]!;
    const fits =
      Number.isInteger(factor) && factor !== 0 && Object.is(factor | 0, factor) && Object.is(offset | 0, offset);
    if (fits && values.every((v, k) => v === from[k]! * factor + offset)) return { parameter, factor, offset };
  }
  return undefined;
}
