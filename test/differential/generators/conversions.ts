// Between element types and quantizations: quantize, dequantize, cast, reinterpret; and constants on their own.
import type { Value } from '../../../ir/module.ts';
import { cast } from '../../../ir/ops/cast.ts';
import { dequantize } from '../../../ir/ops/dequantize.ts';
import { quantize } from '../../../ir/ops/quantize.ts';
import { reinterpret } from '../../../ir/ops/reinterpret.ts';
import { dequantizeScaled, quantizeScaled } from '../../../ir/ops/scaled-conversion.ts';
import {
  type ElementType,
  elementTypes,
  isInteger,
  perTensor,
  type Quantization,
  type TensorType,
  tensorType,
} from '../../../ir/types.ts';
import type { Draft, Generator } from '../draft.ts';
import { axisQuantization, quantization, scale, shape, smallIntegers, typeOf, zeroPoint } from '../tensors.ts';

const computed: readonly ElementType[] = elementTypes.filter((e) => e !== 'f16' && e !== 'i4');

/** One scale, or one per index of an axis. */
function quantizationOf({ draw }: Draft, type: TensorType): Quantization {
  const small = smallIntegers.find((e) => e === type.element);
  const zero = small === undefined ? 0 : zeroPoint(draw, small);
  const axis = draw.int(0, Math.max(0, type.shape.length - 1));
  const count = type.shape[axis];
  if (count === undefined || draw.chance(0.7)) return perTensor(scale(draw), zero);
  return axisQuantization(draw, axis, count, zero);
}

const quantizeAny: Generator = (draft) => {
  const { draw } = draft;
  const takes = (t: TensorType) =>
    t.element === 'f32' || (isInteger(t.element) && t.element !== 'i64' && t.quant !== undefined);
  const x = draft.operand(
    (t) => takes(t) && t.quant?.axis === undefined,
    () => tensorType('f32', shape(draw, draw.int(0, 4))),
  );
  const element = draw.weighted<ElementType>([
    [6, 'i8'],
    [2, 'u8'],
    [2, 'i16'],
    [1, 'i32'],
  ]);
  const bare = tensorType(element, x.type.shape);
  // Through a table or a requantize there is one scale for the whole result.
  const quant = x.type.element === 'f32' ? quantizationOf(draft, bare) : perTensor(scale(draw), 0);
  draft.append(quantize, [x], { ties: draw.pick(['away', 'even']) }, [{ ...bare, quant }]);
};

const dequantizeAny: Generator = (draft) => {
  const { draw } = draft;
  if (draw.chance(0.1)) {
    const stored = draw.pick(['f16', 'i4'] as const);
    const dims = shape(draw, draw.int(0, 3), 60);
    const type = stored === 'f16' ? tensorType('f16', dims) : tensorType('i4', dims, quantization(draw, 'i4'));
    draft.append(dequantize, [draft.constant(type)]);
    return;
  }
  const x = draft.operand(
    (t) => t.quant !== undefined && t.element !== 'i64',
    () => {
      const element = draw.pick(['i8', 'u8', 'i16', 'i32'] as const);
      const bare = tensorType(element, shape(draw, draw.int(0, 4)));
      return { ...bare, quant: quantizationOf(draft, bare) };
    },
  );
  draft.append(dequantize, [x]);
};

/** Factors for the last dimension, and often shifts. */
function scaling(draft: Draft, { shape: dims }: TensorType): Value[] {
  const each = tensorType('f32', [dims.at(-1) ?? 1]);
  return draft.draw.chance(0.7) ? [draft.constant(each), draft.constant(each)] : [draft.constant(each)];
}

const hasChannels = (t: TensorType) => t.shape.length > 0;

const quantizeByChannel: Generator = (draft) => {
  const { draw } = draft;
  const x = draft.operand(
    (t) => t.element === 'f32' && hasChannels(t),
    () => tensorType('f32', shape(draw, draw.int(1, 4))),
  );
  const element = draw.pick(['i8', 'i16'] as const);
  const type = tensorType(element, x.type.shape, perTensor(scale(draw), zeroPoint(draw, element)));
  draft.append(quantizeScaled, [x, ...scaling(draft, x.type)], { ties: draw.pick(['away', 'even']) }, [type]);
};

const dequantizeByChannel: Generator = (draft) => {
  const { draw } = draft;
  const isSmall = (t: TensorType) => t.element === 'i8' || t.element === 'i16';
  const x = draft.operand(
    (t) => isSmall(t) && t.quant !== undefined && t.quant.axis === undefined && hasChannels(t),
    () => typeOf(draw, draw.pick(['i8', 'i16']), shape(draw, draw.int(1, 4))),
  );
  draft.append(dequantizeScaled, [x, ...scaling(draft, x.type)]);
};

const castAny: Generator = (draft) => {
  const { draw } = draft;
  const x = draft.operand(
    (t) => computed.includes(t.element),
    () => typeOf(draw, draw.pick(computed), shape(draw, draw.int(0, 4))),
  );
  const to = draw.pick(computed);
  draft.append(cast, [x], { to }, [typeOf(draw, to, [])]);
};

const rename: Generator = (draft) => {
  const { draw } = draft;
  const x = draft.operand(
    (t) => smallIntegers.some((e) => e === t.element) && t.quant?.axis === undefined,
    () => typeOf(draw, draw.pick(smallIntegers), shape(draw, draw.int(0, 4))),
  );
  draft.append(reinterpret, [x], {}, [typeOf(draw, x.type.element, x.type.shape)]);
};

/** A constant that is returned as it is, unless a later operator reads it. */
const known: Generator = (draft) => {
  const { draw } = draft;
  draft.offer(draft.constant(typeOf(draw, draw.pick(computed), shape(draw, draw.int(0, 3), 100))));
};

export const conversions = {
  quantize: quantizeAny,
  dequantize: dequantizeAny,
  quantize_scaled: quantizeByChannel,
  dequantize_scaled: dequantizeByChannel,
  cast: castAny,
  reinterpret: rename,
  constant: known,
} satisfies Record<string, Generator>;
