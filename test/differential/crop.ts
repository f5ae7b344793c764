// Smaller shapes for a recipe: every extent of one length becomes another, in tensors, quantizations, attributes and
// contents alike. What does not fit together then is refused by the operators' rules.
import type { AttributeValue, Requantization } from '../../ir/attributes.ts';
import { constant } from '../../ir/ops/constant.ts';
import { forEachIndex } from '../../ir/shapes.ts';
import { allocateArray, type Elements, type TensorArray, type TensorData } from '../../ir/tensor-data.ts';
import { elementCount, stridesOf, type TensorType, tensorType } from '../../ir/types.ts';
import type { Recipe, RecipeStep } from './recipe.ts';

/** What becomes of an extent. `where` limits it to one dimension, counted from the first or from the last. */
export interface Crop {
  readonly from: number;
  readonly to: number;
  readonly dimension?: number;
}

function cropType(type: TensorType, crop: Crop): TensorType {
  const isCropped = (d: number) =>
    type.shape[d] === crop.from && (crop.dimension === undefined || crop.dimension === d);
  const shape = type.shape.map((n, d) => (isCropped(d) ? crop.to : n));
  const { quant } = type;
  if (quant?.axis === undefined || !isCropped(quant.axis)) return tensorType(type.element, shape, quant);
  const { axis, scale, zero } = quant;
  return tensorType(type.element, shape, { axis, scale: scale.slice(0, crop.to), zero: zero.slice(0, crop.to) });
}

/** The elements of the leading corner. */
function cropArray(data: TensorArray, from: TensorType, to: TensorType): TensorArray {
  const result = allocateArray(to.element, elementCount(to.shape));
  const [x, y]: [Elements, Elements] = [data, result];
  const strides = stridesOf(from.shape);
  forEachIndex(to.shape, (index, flat) => {
    y[flat] = x[index.reduce((at, i, d) => at + i * (strides[d] ?? 0), 0)] ?? 0;
  });
  return result;
}

function cropTensor({ type, data }: TensorData, crop: Crop): TensorData {
  const smaller = cropType(type, crop);
  return { type: smaller, data: cropArray(data, type, smaller) };
}

function cropAttribute(value: AttributeValue, crop: Crop): AttributeValue {
  if (typeof value === 'object' && 'rounding' in value) return cropRequantization(value, crop);
  if (!Array.isArray(value)) return value;
  const numbers: readonly number[] = value;
  return numbers.map((n, d) => (n === crop.from && (crop.dimension ?? d) === d ? crop.to : n));
}

function cropRequantization(r: Requantization, { from, to }: Crop): Requantization {
  const fewer = (list: readonly number[]) => (list.length === from ? list.slice(0, to) : list);
  return { ...r, multiplier: fewer(r.multiplier), shift: fewer(r.shift), scale: fewer(r.scale) };
}

function cropStep(step: RecipeStep, crop: Crop): RecipeStep {
  const hints = step.hints.map((t) => cropType(t, crop));
  if (step.definition === constant) {
    return { ...step, hints, attributes: { value: cropTensor(step.attributes.value as TensorData, crop) } };
  }
  const attributes = Object.fromEntries(
    Object.entries(step.attributes).map(([name, value]) => [name, cropAttribute(value, crop)]),
  );
  return { ...step, hints, attributes };
}

export function cropped(recipe: Recipe, crop: Crop): Recipe {
  return {
    ...recipe,
    inputs: recipe.inputs.map((input) => {
      const type = cropType(input.type, crop);
      return { ...input, type, feeds: input.feeds.map((data) => cropArray(data, input.type, type)) };
    }),
    states: recipe.states.map((s) => ({ ...s, initial: cropTensor(s.initial, crop) })),
    steps: recipe.steps.map((s) => cropStep(s, crop)),
  };
}

/** Every crop worth trying: the greatest extents first, by as much as possible first. */
export function cropsOf(recipe: Recipe): Crop[] {
  const types = [
    ...recipe.inputs.map((i) => i.type),
    ...recipe.states.map((s) => s.initial.type),
    ...recipe.steps.flatMap((s) => s.hints),
  ];
  const extents = [...new Set(types.flatMap((t) => t.shape))].filter((n) => n > 1).sort((a, b) => b - a);
  const rank = Math.max(0, ...types.map((t) => t.shape.length));
  return extents.flatMap((from) => {
    const smaller = [...new Set([1, 2, from >> 1, from - 1])].filter((to) => to < from).sort((a, b) => a - b);
    const dimensions = [undefined, ...Array.from({ length: rank }, (_, d) => d)];
    return smaller.flatMap((to) =>
      dimensions.map((dimension): Crop => (dimension === undefined ? { from, to } : { from, to, dimension })),
    );
  });
}
