// Operators that combine elements: pooling windows, reductions along axes, running sums, and rows along the last axis.
import type { AnyOpDefinition, Value } from '../../../ir/module.ts';
import { argMax, argMin } from '../../../ir/ops/arg-extreme.ts';
import { cumsum } from '../../../ir/ops/cumsum.ts';
import { l2Normalize } from '../../../ir/ops/l2-normalize.ts';
import { logSoftmax } from '../../../ir/ops/log-softmax.ts';
import { averagePool2d, l2Pool2d, maxPool2d } from '../../../ir/ops/pool2d.ts';
import { reduceAll, reduceAny, reduceMax, reduceMin, reduceProd } from '../../../ir/ops/reduce.ts';
import { reduceMean, reduceSum } from '../../../ir/ops/reduce-sum.ts';
import { softmax } from '../../../ir/ops/softmax.ts';
import { type ElementType, perTensor, type TensorType, tensorType } from '../../../ir/types.ts';
import type { Draft, Generator } from '../draft.ts';
import { activation } from '../requantizations.ts';
import { imageShape, scale, shape, smallIntegers, typeOf, zeroPoint } from '../tensors.ts';

const reals: readonly ElementType[] = ['i8', 'u8', 'i16', 'f32'];

function takes(elements: readonly ElementType[]) {
  return (t: TensorType) => elements.includes(t.element) && t.quant?.axis === undefined && !t.shape.includes(0);
}

/** A tensor of one of the element types, by preference the program's own. */
function tensor(draft: Draft, elements: readonly ElementType[], dims: () => readonly number[]): Value {
  const { draw } = draft;
  const rank = dims().length;
  const fits = takes(elements);
  return draft.operand(
    (t) => fits(t) && t.shape.length >= Math.min(rank, 1),
    () => {
      const element = elements.includes(draft.theme) ? draft.theme : draw.pick(elements);
      return typeOf(
        draw,
        element,
        dims().map((n) => Math.max(1, n)),
      );
    },
  );
}

function pool(definition: AnyOpDefinition, elements: readonly ElementType[]): Generator {
  return (draft) => {
    const { draw } = draft;
    const fits = takes(elements);
    const x = draft.operand(
      (t) => fits(t) && t.shape.length === 4,
      () => typeOf(draw, elements.includes(draft.theme) ? draft.theme : draw.pick(elements), imageShape(draw)),
    );
    const [, height = 1, width = 1] = x.type.shape;
    const window = draw.weighted<readonly [number, number]>([
      [3, [2, 2]],
      [2, [3, 3]],
      [2, [height, width]],
      [2, [draw.int(1, height + 1), draw.int(1, width + 1)]],
    ]);
    const stride = draw.chance(0.6) ? window : [draw.int(1, 3), draw.int(1, 3)];
    const pad = window.flatMap((k) => (draw.chance(0.6) ? [0, 0] : [draw.int(0, k - 1), draw.int(0, k - 1)]));
    const whole = x.type.element === 'f32' || x.type.quant !== undefined;
    const clamp = whole ? activation(draw) : [-Infinity, Infinity];
    draft.append(definition, [x], { kernel: window, stride, pad, clamp }, [x.type]);
  };
}

/** Some of the axes, counted from either end. */
function axesOf({ draw }: Draft, x: TensorType): { axes: number[]; keep_dims: boolean } {
  const rank = x.shape.length;
  const some = Array.from({ length: rank }, (_, d) => d).filter(() => draw.chance(0.5));
  const spatial = rank === 4 && draw.chance(0.4) ? [1, 2] : some;
  return { axes: spatial.map((d) => (draw.chance(0.2) ? d - rank : d)), keep_dims: draw.chance(0.5) };
}

const anyShape = ({ draw }: Draft) => (draw.chance(0.4) ? imageShape(draw) : shape(draw, draw.int(1, 4)));

function reduction(definition: AnyOpDefinition, elements: readonly ElementType[]): Generator {
  return (draft) => {
    const x = tensor(draft, elements, () => anyShape(draft));
    draft.append(definition, [x], axesOf(draft, x.type), undefined);
  };
}

/** Sums and means: of quantized integers to a scale of their own. */
function sum(definition: AnyOpDefinition, elements: readonly ElementType[]): Generator {
  return (draft) => {
    const { draw } = draft;
    const x = tensor(draft, elements, () => anyShape(draft));
    const small = smallIntegers.find((e) => e === x.type.element);
    const result = small === undefined || draw.chance(0.85) ? small : draw.pick(smallIntegers);
    const own = x.type.quant?.scale[0] ?? scale(draw);
    const close = Math.fround(own * 2 ** draw.real(-2, 4));
    const y = result === undefined ? undefined : tensorType(result, [], perTensor(close, zeroPoint(draw, result)));
    draft.append(definition, [x], axesOf(draft, x.type), y === undefined ? undefined : [y]);
  };
}

function extreme(definition: AnyOpDefinition): Generator {
  return (draft) => {
    const { draw } = draft;
    const x = tensor(draft, [...reals, 'i32', 'i64'], () => anyShape(draft));
    const rank = x.type.shape.length;
    const axis = draw.chance(0.6) ? -1 : draw.int(-rank, rank - 1);
    draft.append(definition, [x], { axis }, [tensorType(draw.pick(['i32', 'i64'] as const), [])]);
  };
}

const runningSum: Generator = (draft) => {
  const { draw } = draft;
  const x = tensor(draft, ['i8', 'u8', 'f32', 'i32', 'i64'], () => anyShape(draft));
  const own = x.type.quant?.scale[0];
  const small = own !== undefined && (x.type.element === 'i8' || x.type.element === 'u8');
  const close = Math.fround((own ?? 1) * 2 ** draw.real(-1, 4));
  const y = small
    ? tensorType(x.type.element, x.type.shape, perTensor(close, zeroPoint(draw, x.type.element)))
    : x.type;
  const axis = draw.int(0, Math.max(0, x.type.shape.length - 1));
  draft.append(cumsum, [x], { axis, exclusive: draw.chance(0.4), reverse: draw.chance(0.4) }, [y]);
};

const softmaxResults: Readonly<Record<string, readonly (readonly [ElementType, number, number])[]>> = {
  i8: [
    ['i8', 2 ** -8, -128],
    ['i16', 2 ** -16, -32768],
  ],
  u8: [['u8', 2 ** -8, 0]],
  i16: [['i16', 2 ** -15, 0]],
};

const rowShape = ({ draw }: Draft) => shape(draw, draw.int(1, 4));

const normalizeExponentials: Generator = (draft) => {
  const { draw } = draft;
  const x = tensor(draft, reals, () => rowShape(draft));
  const result = softmaxResults[x.type.element];
  const [element, step, zero] = result === undefined ? (['f32', 1, 0] as const) : draw.pick(result);
  const y = tensorType(element, x.type.shape, result === undefined ? undefined : perTensor(step, zero));
  draft.append(softmax, [x], { beta: draw.pick([1, 1, 0.5, 3]) }, [y]);
};

const logOfSoftmax: Generator = (draft) => {
  const x = tensor(draft, ['f32', 'i8', 'u8'], () => rowShape(draft));
  const { element } = x.type;
  const quant = element === 'f32' ? undefined : perTensor(1 / 16, element === 'i8' ? 127 : 255);
  draft.append(logSoftmax, [x], {}, [tensorType(element, [], quant)]);
};

const normalizeLength: Generator = (draft) => {
  const x = tensor(draft, ['f32', 'i8'], () => rowShape(draft));
  const { element } = x.type;
  const quant = element === 'f32' ? undefined : perTensor(1 / 128, 0);
  draft.append(l2Normalize, [x], {}, [tensorType(element, [], quant)]);
};

export const reductions = {
  average_pool2d: pool(averagePool2d, reals),
  max_pool2d: pool(maxPool2d, [...reals, 'i32']),
  l2_pool2d: pool(l2Pool2d, ['f32']),
  reduce_sum: sum(reduceSum, [...reals, 'i32', 'i64']),
  reduce_mean: sum(reduceMean, reals),
  reduce_max: reduction(reduceMax, [...reals, 'i32', 'i64']),
  reduce_min: reduction(reduceMin, [...reals, 'i32', 'i64']),
  reduce_prod: reduction(reduceProd, ['f32', 'i32', 'i64']),
  reduce_all: reduction(reduceAll, ['bool']),
  reduce_any: reduction(reduceAny, ['bool']),
  arg_max: extreme(argMax),
  arg_min: extreme(argMin),
  cumsum: runningSum,
  softmax: normalizeExponentials,
  log_softmax: logOfSoftmax,
  l2_normalize: normalizeLength,
} satisfies Record<string, Generator>;
