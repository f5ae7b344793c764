// The integer operators that quantized ones become, with parameters of their own: multipliers, shifts, zero points and
// clamps that no importer would derive, but that the operators allow.
import { roundings } from '../../../ir/attributes.ts';
import { quantizeMultiplier } from '../../../ir/numerics.ts';
import { integerAdd } from '../../../ir/ops/integer-add.ts';
import { integerDiv } from '../../../ir/ops/integer-div.ts';
import { integerLogSoftmax } from '../../../ir/ops/integer-log-softmax.ts';
import { integerMul } from '../../../ir/ops/integer-mul.ts';
import { integerPrelu } from '../../../ir/ops/integer-prelu.ts';
import { differenceScale, expTable, integerSoftmax } from '../../../ir/ops/integer-softmax.ts';
import { interpolatedSigmoid } from '../../../ir/ops/interpolated-sigmoid.ts';
import { expTable16, interpolatedSoftmax, reciprocalTable16 } from '../../../ir/ops/interpolated-softmax.ts';
import { lookup } from '../../../ir/ops/lookup.ts';
import { requantize } from '../../../ir/ops/requantize.ts';
import { relations, rescaledComparison } from '../../../ir/ops/rescaled-comparison.ts';
import { roundedDiv } from '../../../ir/ops/rounded-div.ts';
import { integerSquaredDifference } from '../../../ir/ops/squared-difference.ts';
import { type ElementType, integerRange, isInteger, type TensorType, tensorType } from '../../../ir/types.ts';
import type { Draft, Generator } from '../draft.ts';
import type { Draw } from '../draw.ts';
import { requantization } from '../requantizations.ts';
import {
  broadcastable,
  quantization,
  type SmallInteger,
  scale,
  shape,
  smallIntegers,
  typeOf,
  zeroPoint,
} from '../tensors.ts';

const isSmall = (t: TensorType) => smallIntegers.some((e) => e === t.element);
const isByte = (t: TensorType) => t.element === 'i8' || t.element === 'u8';

function freshSmall({ draw, theme }: Draft, elements: readonly SmallInteger[] = smallIntegers): TensorType {
  const element = elements.find((e) => e === theme) ?? draw.pick(elements);
  return typeOf(draw, element, shape(draw, draw.int(1, 4)));
}

/** Two small integers of one type, of which the second broadcasts. */
function pair(draft: Draft, elements: readonly SmallInteger[] = smallIntegers) {
  const fits = (t: TensorType) => elements.some((e) => e === t.element);
  const a = draft.operand(fits, () => freshSmall(draft, elements));
  const b = draft.partner(
    (t) => t.element === a.type.element && JSON.stringify(t.shape) === JSON.stringify(a.type.shape),
    () => typeOf(draft.draw, a.type.element, broadcastable(draft.draw, a.type.shape)),
  );
  return [a, b] as const;
}

const integerRounding = (draw: Draw) => draw.pick(['double', 'single'] as const);

/** A multiplier below 2^31 and its exponent: about 1, or of any size. */
function factor(draw: Draw) {
  return quantizeMultiplier(2 ** (draw.chance(0.15) ? draw.real(-28, 8) : draw.real(-3, 0)));
}

/** Two operands on a common scale. */
function commonScale(draw: Draw, element: ElementType) {
  const factors = [factor(draw), factor(draw)];
  const usual = element === 'i16' ? 15 : 20;
  return {
    left_shift: draw.chance(0.8) ? usual : draw.int(0, 22),
    zeros: [zeroPoint(draw, element), zeroPoint(draw, element)],
    multipliers: factors.map((f) => f.multiplier),
    shifts: factors.map((f) => f.shift),
  };
}

/** The type of a result, of the operand's element type most of the time. */
function resultType(draw: Draw, element: ElementType): TensorType {
  const result = draw.chance(0.85) ? element : draw.pick(smallIntegers);
  return tensorType(result, [], quantization(draw, result));
}

const add: Generator = (draft) => {
  const { draw } = draft;
  const [a, b] = pair(draft);
  const { element } = a.type;
  const y = resultType(draw, element);
  const requant = requantization(draw, integerRounding(draw), y.element, 2 ** 26);
  const attributes = { ...commonScale(draw, element), subtract: draw.chance(0.3), requant };
  draft.append(integerAdd, [a, b], attributes, [y]);
};

const squareDifference: Generator = (draft) => {
  const { draw } = draft;
  const [a, b] = pair(draft);
  const { element } = a.type;
  const y = resultType(draw, element);
  const requant = requantization(draw, integerRounding(draw), y.element, 2 ** 26);
  const attributes = { ...commonScale(draw, element), left_shift: element === 'i16' ? 0 : 7, requant };
  draft.append(integerSquaredDifference, [a, b], attributes, [y]);
};

const multiply: Generator = (draft) => {
  const { draw } = draft;
  const [a, b] = pair(draft);
  const { element } = a.type;
  const y = resultType(draw, element);
  const requant = requantization(draw, integerRounding(draw), y.element, element === 'i16' ? 2 ** 28 : 2 ** 13);
  const zeros = [zeroPoint(draw, element), zeroPoint(draw, element)];
  draft.append(integerMul, [a, b], { zeros, requant }, [y]);
};

const divide: Generator = (draft) => {
  const { draw } = draft;
  const [a, b] = pair(draft, ['i8', 'u8']);
  const { element } = a.type;
  const requant = requantization(draw, 'double', element, 10);
  const zeros = [zeroPoint(draw, element), zeroPoint(draw, element)];
  draft.append(integerDiv, [a, b], { zeros, requant }, [tensorType(element, [], quantization(draw, element))]);
};

const divideExactly: Generator = (draft) => {
  const { draw } = draft;
  const [a, b] = pair(draft);
  const { element } = a.type;
  const y = resultType(draw, element);
  const requant = requantization(draw, draw.pick(roundings), y.element, 10);
  const zeros = [zeroPoint(draw, element), zeroPoint(draw, element)];
  draft.append(roundedDiv, [a, b], { zeros, requant }, [y]);
};

const rectify: Generator = (draft) => {
  const { draw } = draft;
  const x = draft.operand(isSmall, () => freshSmall(draft));
  const slopes = draw.pick(smallIntegers);
  const alpha = draft.constant(typeOf(draw, slopes, broadcastable(draw, x.type.shape)));
  const y = resultType(draw, x.type.element);
  const positive = requantization(draw, draw.pick(roundings), y.element, 128);
  // Both halves of a result have one zero point and one range.
  const { zero, clamp } = positive;
  const negative = { ...requantization(draw, positive.rounding, y.element, 2 ** 13), zero, clamp };
  const zeros = [zeroPoint(draw, x.type.element), zeroPoint(draw, slopes)];
  draft.append(integerPrelu, [x, alpha], { zeros, positive, negative }, [y]);
};

const compare: Generator = (draft) => {
  const { draw } = draft;
  const [a, b] = pair(draft);
  const attributes = {
    relation: draw.pick(Object.keys(relations)),
    rounding: integerRounding(draw),
    ...commonScale(draw, a.type.element),
    left_shift: draw.int(0, a.type.element === 'i16' ? 14 : 22),
  };
  draft.append(rescaledComparison, [a, b], attributes);
};

const lookUp: Generator = (draft) => {
  const { draw } = draft;
  const x = draft.operand(isByte, () => freshSmall(draft, ['i8', 'u8']));
  const element = draw.pick(['i8', 'i8', 'u8', 'i16', 'i32'] as const);
  const table = draft.constant(tensorType(element, [256]));
  const named = typeOf(draw, element, []);
  draft.append(lookup, [x, table], {}, [named]);
};

const rescale: Generator = (draft) => {
  const { draw } = draft;
  const x = draft.operand(
    (t) => isInteger(t.element) && t.element !== 'i4' && t.quant?.axis === undefined,
    () => {
      const element = draw.pick(['i32', 'i32', 'i64', 'i8', 'u8', 'i16'] as const);
      return typeOf(draw, element, shape(draw, draw.int(1, 4)));
    },
  );
  const y = draw.pick([...smallIntegers, 'i32'] as const);
  const wide = x.type.element === 'i32' || x.type.element === 'i64';
  const last = x.type.shape.at(-1) ?? 1;
  const requant = requantization(
    draw,
    draw.pick(roundings),
    y,
    wide ? 2 ** draw.int(6, 30) : integerRange(x.type.element).max,
    draw.chance(0.4) && last > 0 ? last : 1,
  );
  const input_zero = wide && draw.chance(0.8) ? 0 : zeroPoint(draw, wide ? 'i16' : x.type.element);
  draft.append(requantize, [x], { requant, input_zero }, [typeOf(draw, y, [])]);
};

/** Rows along the last axis. */
function rows(draft: Draft, elements: readonly SmallInteger[]) {
  const fits = (t: TensorType) => elements.some((e) => e === t.element) && (t.shape.at(-1) ?? 0) > 0;
  return draft.operand(fits, () => {
    const type = freshSmall(draft, elements);
    return { ...type, shape: type.shape.map((n) => Math.max(1, n)) };
  });
}

/** A scale that the softmax of bytes can start from. */
const softmaxScale = (draw: Draw) => Math.fround(Math.min(2, Math.max(2 ** -20, scale(draw))));

const softmaxOfBytes: Generator = (draft) => {
  const { draw } = draft;
  const x = rows(draft, ['i8', 'u8']);
  const data = expTable(differenceScale(draw.pick([1, 0.5, 2]), softmaxScale(draw)), integerRounding(draw));
  const exps = draft.constantOf({ type: tensorType('i32', [256]), data });
  draft.append(integerSoftmax, [x, exps], {}, [typeOf(draw, draw.pick(smallIntegers), [])]);
};

const logSoftmaxOfBytes: Generator = (draft) => {
  const { draw } = draft;
  const x = rows(draft, ['i8', 'u8']);
  const difference = differenceScale(1, softmaxScale(draw));
  const { multiplier, shift, least } = difference;
  const inverse = quantizeMultiplier(2 ** (31 - shift) / multiplier);
  const exps = draft.constantOf({ type: tensorType('i32', [256]), data: expTable(difference, 'double') });
  const attributes = {
    ...{ multiplier, shift, least },
    inverse_multiplier: inverse.multiplier,
    inverse_shift: inverse.shift,
  };
  draft.append(integerLogSoftmax, [x, exps], attributes, [typeOf(draw, x.type.element, [])]);
};

const sigmoidOfShorts: Generator = (draft) => {
  const { draw } = draft;
  const x = draft.operand(
    (t) => t.element === 'i16',
    () => freshSmall(draft, ['i16']),
  );
  const shift = draw.chance(0.5) ? 0 : draw.int(1, 31);
  const multiplier = draw.chance(0.6) ? 3 * 2 ** draw.int(0, 3) : draw.int(0, shift === 0 ? 65535 : 32767);
  const attributes = { curve: draw.pick(['logistic', 'tanh']), multiplier, shift };
  draft.append(interpolatedSigmoid, [x], attributes, [typeOf(draw, 'i16', [])]);
};

const softmaxOfShorts: Generator = (draft) => {
  const { draw } = draft;
  const x = rows(draft, ['i16']);
  const table = (data: Int16Array) => draft.constantOf({ type: tensorType('i16', [data.length]), data });
  const difference = quantizeMultiplier((scale(draw) * draw.pick([1, 0.5, 2])) / (10 / 65535));
  const operands = [x, table(expTable16()), table(reciprocalTable16())];
  draft.append(interpolatedSoftmax, operands, difference, [typeOf(draw, 'i16', [])]);
};

export const fixedPoint = {
  integer_add: add,
  integer_squared_difference: squareDifference,
  integer_mul: multiply,
  integer_div: divide,
  rounded_div: divideExactly,
  integer_prelu: rectify,
  integer_softmax: softmaxOfBytes,
  integer_log_softmax: logSoftmaxOfBytes,
  interpolated_sigmoid: sigmoidOfShorts,
  interpolated_softmax: softmaxOfShorts,
  lookup: lookUp,
  requantize: rescale,
  rescaled_comparison: compare,
} satisfies Record<string, Generator>;
