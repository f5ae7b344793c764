// Random modules for property tests: every element type and kind of attribute, awkward names, contents with NaN payloads,
// absent operands, several results, states and functions.
import fc from 'fast-check';
import { type Requantization, roundings } from '../../ir/attributes.ts';
import { Builder } from '../../ir/builder.ts';
import { type Func, Func as FuncClass, Module, type Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { reshape } from '../../ir/ops/reshape.ts';
import { arrayFromBytes, type TensorData } from '../../ir/tensor-data.ts';
import {
  bytesPerElement,
  type ElementType,
  elementCount,
  elementTypes,
  integerRange,
  isInteger,
  type Quantization,
  type TensorType,
  tensorType,
} from '../../ir/types.ts';
import { everyAttribute, passThrough } from './sample-operators.ts';

const scale = fc.float({ min: Math.fround(1e-40), max: Math.fround(1e30), noNaN: true });
const int32 = fc.integer({ min: -2147483648, max: 2147483647 });
const userText = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('', 'model/conv:0', '%"\\\n'));

function quantization(element: ElementType, shape: readonly number[]): fc.Arbitrary<Quantization | undefined> {
  const zero = fc.integer(integerRange(element === 'i64' ? 'i32' : element));
  const whole = fc.record({ scale: fc.tuple(scale), zero: fc.tuple(zero) });
  const perAxis = fc.nat({ max: Math.max(0, shape.length - 1) }).chain((axis) => {
    const n = { minLength: shape[axis] ?? 0, maxLength: shape[axis] ?? 0 };
    return fc.record({ axis: fc.constant(axis), scale: fc.array(scale, n), zero: fc.array(zero, n) });
  });
  return fc.oneof(fc.constant(undefined), whole, ...(shape.length > 0 ? [perAxis] : []));
}

export const type: fc.Arbitrary<TensorType> = fc
  .tuple(fc.constantFrom(...elementTypes), fc.array(fc.nat({ max: 5 }), { maxLength: 4 }))
  .chain(([element, shape]) => {
    const quant = isInteger(element) ? quantization(element, shape) : fc.constant(undefined);
    return quant.map((q) => tensorType(element, shape, q));
  });

/** Contents of a type: random bytes, or all elements equal; kept within the ranges of i4 and bool. */
export function contents(t: TensorType): fc.Arbitrary<TensorData> {
  const length = elementCount(t.shape) * bytesPerElement(t.element);
  const bytes = fc.uint8Array({ minLength: length, maxLength: length });
  const equal = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((one) => {
    const size = bytesPerElement(t.element);
    return Uint8Array.from({ length }, (_, i) => one[i % size] ?? 0);
  });
  return fc.oneof(bytes, equal).map((raw) => {
    const data = arrayFromBytes(t.element, raw);
    if (t.element === 'i4') for (let i = 0; i < data.length; i++) data[i] = ((data[i] as number) << 28) >> 28;
    if (t.element === 'bool') for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) & 1;
    return { type: t, data };
  });
}

const tensor = type.chain(contents);

const requantization: fc.Arbitrary<Requantization> = fc
  .tuple(fc.constantFrom(...roundings), fc.integer({ min: 1, max: 4 }), int32, int32, int32)
  .chain(([rounding, n, zero, a, b]) => {
    const list = <T>(x: fc.Arbitrary<T>) => fc.array(x, { minLength: n, maxLength: n });
    const none: number[] = [];
    const clamp = fc.constant([Math.min(a, b), Math.max(a, b)] as const);
    const rest = { rounding: fc.constant(rounding), zero: fc.constant(zero), clamp };
    return rounding === 'half-even'
      ? fc.record({ multiplier: fc.constant(none), shift: fc.constant(none), scale: list(scale), ...rest })
      : fc.record({
          multiplier: list(fc.nat({ max: 2147483647 })),
          shift: list(fc.integer({ min: -31, max: 30 })),
          scale: fc.constant(none),
          ...rest,
        });
  });

const attributes = fc.record(
  {
    count: int32,
    axis: fc.integer({ min: 0, max: 9 }),
    pads: fc.array(int32, { maxLength: 4 }),
    alpha: fc.double(),
    weights: fc.array(fc.double(), { maxLength: 4 }),
    exact: fc.boolean(),
    mode: fc.constantFrom('nearest', 'half-even', 'tensor', 'if'),
    kernel: int32,
    note: userText,
    table: tensor,
    requant: requantization,
  },
  { requiredKeys: ['count', 'alpha', 'table'] },
);

/** One operator to append: given the values so far and a number to choose with, it gives new values. */
type Step = (b: Builder, values: readonly Value[]) => readonly Value[];

const pick = <T>(list: readonly T[], i: number): T | undefined => list[i % list.length];

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(tensor, userText).map(
    ([value, location]): Step =>
      (b) =>
        b.op(constant, [], { value }, { location }).results,
  ),
  fc.tuple(attributes, fc.nat(), userText).map(
    ([given, i, location]): Step =>
      (b, values) =>
        b.op(everyAttribute, [pick(values, i)], given, { location, names: ['y', location] }).results,
  ),
  fc.array(fc.option(fc.nat(), { nil: undefined }), { minLength: 1, maxLength: 4 }).map(
    (choice): Step =>
      (b, values) => {
        const operands = choice.map((i) => (i === undefined ? undefined : pick(values, i)));
        return operands.every((v) => v === undefined) ? [] : b.op(passThrough, operands).results;
      },
  ),
  fc.nat().map(
    (i): Step =>
      (b, values) => {
        const x = pick(values, i);
        if (x === undefined || x.type.quant?.axis !== undefined) return [];
        return b.op(reshape, [x], { shape: [elementCount(x.type.shape)] }).results;
      },
  ),
);

const func: fc.Arbitrary<(name: string) => Func> = fc
  .record({
    inputs: fc.array(fc.tuple(userText, type), { minLength: 1, maxLength: 3 }),
    states: fc.array(fc.tuple(userText, tensor), { maxLength: 2 }),
    steps: fc.array(step, { maxLength: 6 }),
    outputs: fc.array(fc.tuple(userText, fc.nat()), { maxLength: 3 }),
  })
  .map(({ inputs, states, steps, outputs }) => (name: string) => {
    const f = new FuncClass(name);
    const values = inputs.map(([user, t]) => f.addInput(user, t));
    values.push(...states.map(([user, initial]) => f.addState(user, initial).param));
    const b = new Builder(f);
    for (const s of steps) values.push(...s(b, values));
    for (const [user, i] of outputs) f.addOutput(user, pick(values, i) as Value);
    for (const s of f.states) s.next = values.findLast((v) => v.type === s.param.type) ?? s.param;
    return f;
  });

export const moduleArbitrary: fc.Arbitrary<Module> = fc
  .tuple(userText, fc.constantFrom(...roundings), fc.array(func, { minLength: 1, maxLength: 2 }))
  .map(([name, rounding, functions]) => {
    const m = new Module(name, rounding);
    functions.forEach((make, i) => {
      m.functions.push(make(i === 0 ? name : `helper ${i}`));
    });
    return m;
  });
