// Arithmetic element by element: operators of one and of two operands in float, integer and quantized forms, comparisons,
// logic and choices. What a definition does not take on these types it refuses itself.
import type { AnyOpDefinition, AttributeRecord, Value } from '../../../ir/module.ts';
import { clamp } from '../../../ir/ops/clamp.ts';
import { operators } from '../../../ir/ops/index.ts';
import { prelu } from '../../../ir/ops/prelu.ts';
import { select } from '../../../ir/ops/select.ts';
import { type ElementType, isInteger, perTensor, type TensorType, tensorType } from '../../../ir/types.ts';
import type { Draft, Generator } from '../draft.ts';
import { activation } from '../requantizations.ts';
import { broadcastable, quantization, scale, shape, smallIntegers, typeOf, zeroPoint } from '../tensors.ts';

const isStored = (t: TensorType) => t.element === 'f16' || t.element === 'i4';
const isWhole = (t: TensorType) => t.quant?.axis === undefined;
const isSmall = (t: TensorType) => smallIntegers.some((e) => e === t.element);
/** What arithmetic takes: a quantization where integers are small, of the whole tensor. */
const isArithmetic = (t: TensorType) =>
  !isStored(t) && t.element !== 'bool' && isWhole(t) && (!isSmall(t) || t.quant !== undefined);

function definitionOf(name: string): AnyOpDefinition {
  const found = operators.get(name);
  if (found === undefined) throw new Error(`there is no operator ${name}`);
  return found;
}

function freshType(draft: Draft, elements: readonly ElementType[]): TensorType {
  const { draw, theme } = draft;
  const element = elements.includes(theme) && draw.chance(0.8) ? theme : draw.pick(elements);
  return typeOf(draw, element, shape(draw, draw.int(1, 4)));
}

/** A quantized type of this element type whose scale is not far from another's. */
function near(draft: Draft, type: TensorType): TensorType {
  const { draw } = draft;
  if (!isSmall(type)) return type;
  const other = type.quant?.scale[0] ?? scale(draw);
  const factor = draw.chance(0.1) ? draw.real(-12, 6) : draw.real(-1.5, 1.5);
  const one = draw.chance(0.2) ? other : Math.fround(other * 2 ** factor);
  return tensorType(type.element, type.shape, perTensor(one, zeroPoint(draft.draw, type.element)));
}

const numbers: readonly ElementType[] = ['f32', 'i8', 'u8', 'i16', 'i32', 'i64'];

/** y = f(x). `elements` are the types that the operator is offered. */
function unary(
  name: string,
  attributes: (draft: Draft) => AttributeRecord = () => ({}),
  elements = numbers,
): Generator {
  const definition = definitionOf(name);
  return (draft) => {
    const x = draft.operand(
      (t) => isArithmetic(t) && elements.includes(t.element),
      () => freshType(draft, elements),
    );
    draft.append(definition, [x], attributes(draft), [resultOf(draft, name, x.type)]);
  };
}

/** The result scales that TensorFlow Lite fixes are asked for most of the time. */
const fixedResults: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>> = {
  logistic: { i8: [2 ** -8, -128], u8: [2 ** -8, 0], i16: [2 ** -15, 0] },
  tanh: { i8: [2 ** -7, 0], u8: [2 ** -7, 128], i16: [2 ** -15, 0] },
};

function resultOf(draft: Draft, name: string, x: TensorType): TensorType {
  const fixed = fixedResults[name]?.[x.element];
  if (fixed === undefined || draft.draw.chance(0.1)) return near(draft, x);
  return tensorType(x.element, x.shape, perTensor(...fixed));
}

/** Two operands of one element type; the second broadcasts, or the first does. */
function pair(draft: Draft, fits: (t: TensorType) => boolean, elements: readonly ElementType[]): [Value, Value] {
  const { draw } = draft;
  const a = draft.operand(fits, () => freshType(draft, elements));
  const same = (t: TensorType) => fits(t) && t.element === a.type.element && broadcasts(t.shape, a.type.shape);
  const b = draft.partner(same, () => near(draft, { ...a.type, shape: broadcastable(draw, a.type.shape) }));
  return draw.chance(0.3) ? [b, a] : [a, b];
}

function broadcasts(a: readonly number[], b: readonly number[]): boolean {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => [a.at(d - rank) ?? 1, b.at(d - rank) ?? 1]).every(
    ([p, q]) => p === q || p === 1 || q === 1,
  );
}

/** y = clamp(f(a, b)). */
function binary(name: string): Generator {
  const definition = definitionOf(name);
  return (draft) => {
    const { draw } = draft;
    const [a, b] = pair(draft, isArithmetic, numbers);
    const bounds = isInteger(a.type.element) && !isSmall(a.type) && draw.chance(0.7) ? [-100, 1000] : activation(draw);
    draft.append(definition, [a, b], { clamp: bounds }, [near(draft, a.type)]);
  };
}

/** Operators whose operands have one quantization, which the result has too. */
function binaryOfOneScale(name: string): Generator {
  const definition = definitionOf(name);
  return (draft) => {
    const { draw } = draft;
    const a = draft.operand(isArithmetic, () => freshType(draft, numbers));
    const b = draft.partner(
      (t) => JSON.stringify([t.element, t.quant]) === JSON.stringify([a.type.element, a.type.quant]),
      () => ({ ...a.type, shape: broadcastable(draw, a.type.shape) }),
    );
    draft.append(definition, [a, b], { clamp: activation(draw) });
  };
}

const isBool = (t: TensorType) => t.element === 'bool';

function comparison(name: string): Generator {
  const definition = definitionOf(name);
  return (draft) => {
    const fits = (t: TensorType) => isArithmetic(t) || (isBool(t) && draft.draw.chance(0.2));
    const [a, b] = pair(draft, fits, [...numbers, 'bool']);
    draft.append(definition, [a, b]);
  };
}

function logical(name: string): Generator {
  const definition = definitionOf(name);
  return (draft) => {
    const operands = pair(draft, isBool, ['bool']);
    draft.append(definition, definition.operands.length === 1 ? operands.slice(0, 1) : operands);
  };
}

const choose: Generator = (draft) => {
  const { draw } = draft;
  const a = draft.operand(
    (t) => t.element !== 'f16' && isWhole(t),
    () => freshType(draft, [...numbers, 'bool']),
  );
  const b = draft.partner(
    (t) => JSON.stringify(t) === JSON.stringify(a.type),
    () => ({ ...a.type, shape: broadcastable(draw, a.type.shape) }),
  );
  const condition = draft.partner(
    (t) => isBool(t) && broadcasts(t.shape, a.type.shape),
    () => tensorType('bool', broadcastable(draw, a.type.shape)),
  );
  draft.append(select, draw.chance(0.5) ? [condition, a, b] : [condition, b, a]);
};

const limit: Generator = (draft) => {
  const x = draft.operand(isArithmetic, () => freshType(draft, ['f32', 'i8', 'u8', 'i16']));
  const [min, max] = activation(draft.draw);
  const type = draft.draw.chance(0.6) ? x.type : near(draft, x.type);
  draft.append(clamp, [x], { min, max }, [type]);
};

const rectify: Generator = (draft) => {
  const { draw } = draft;
  const x = draft.operand(isArithmetic, () => freshType(draft, ['f32', 'i8', 'u8', 'i16']));
  const dims = broadcastable(draw, x.type.shape);
  const element = x.type.element === 'i16' && draw.chance(0.5) ? 'i8' : x.type.element;
  const wanted = isSmall(x.type) ? tensorType(element, dims, quantization(draw, element)) : tensorType(element, dims);
  draft.append(prelu, [x, draft.constant(wanted)], {}, [near(draft, x.type)]);
};

const slope = ({ draw }: Draft) => ({ alpha: draw.pick([0.01, 0.2, 1, -0.5, 1.5]) });
const reals: readonly ElementType[] = ['f32', 'i8', 'u8', 'i16'];

export const arithmetic = {
  abs: unary('abs'),
  ceil: unary('ceil', undefined, reals),
  cos: unary('cos', undefined, reals),
  elu: unary('elu', ({ draw }) => ({ alpha: draw.pick([1, 0.3, 2]) }), reals),
  erf: unary('erf', undefined, reals),
  exp: unary('exp', undefined, reals),
  floor: unary('floor', undefined, reals),
  gelu: unary('gelu', ({ draw }) => ({ approximate: draw.chance(0.5) }), reals),
  hard_swish: unary('hard_swish', undefined, reals),
  leaky_relu: unary('leaky_relu', slope, reals),
  log: unary('log', undefined, reals),
  logistic: unary('logistic', undefined, reals),
  neg: unary('neg'),
  round: unary('round', undefined, reals),
  rsqrt: unary('rsqrt', undefined, reals),
  sign: unary('sign'),
  sin: unary('sin', undefined, reals),
  sqrt: unary('sqrt', undefined, reals),
  square: unary('square'),
  tanh: unary('tanh', undefined, reals),
  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  div: binary('div'),
  floor_div: binary('floor_div'),
  floor_mod: binary('floor_mod'),
  pow: binary('pow'),
  squared_difference: binary('squared_difference'),
  maximum: binaryOfOneScale('maximum'),
  minimum: binaryOfOneScale('minimum'),
  equal: comparison('equal'),
  not_equal: comparison('not_equal'),
  less: comparison('less'),
  less_equal: comparison('less_equal'),
  greater: comparison('greater'),
  greater_equal: comparison('greater_equal'),
  logical_and: logical('logical_and'),
  logical_or: logical('logical_or'),
  logical_xor: logical('logical_xor'),
  logical_not: logical('logical_not'),
  select: choose,
  clamp: limit,
  prelu: rectify,
} satisfies Record<string, Generator>;
