// Writers of pools over images. Source: TensorFlow Lite kernels/pooling.cc.
import { averagePool2d, l2Pool2d, maxPool2d } from '../../../../ir/ops/pool2d.ts';
import { integerRange } from '../../../../ir/types.ts';
import { form, type TfliteContext, type TfliteForms } from '../form.ts';
import type { OperatorName } from '../model.ts';
import { paddedInput, type Window } from './window.ts';

interface PoolAttributes extends Window {
  readonly clamp: readonly number[];
}

function pool(c: TfliteContext, name: OperatorName, attributes: PoolAttributes, border: number | undefined): void {
  const { kernel, stride, clamp } = attributes;
  const { x, padding } = paddedInput(c, attributes, border);
  const [filterHeight = 1, filterWidth = 1] = kernel;
  const [strideH = 1, strideW = 1] = stride;
  const window = { padding, strideH, strideW, filterHeight, filterWidth };
  c.putActivated(clamp, (fusedActivationFunction) => ({
    name,
    inputs: [x],
    options: { type: 'Pool2DOptions', value: { ...window, fusedActivationFunction } },
  }));
}

/** What no element is less than. */
function least(c: TfliteContext): number {
  const { element } = c.type(0);
  return element === 'f32' ? Number.NEGATIVE_INFINITY : integerRange(element).min;
}

export const poolingForms: TfliteForms = [
  // A mean over elements inside the image has no border that could stand in for its padding.
  form(averagePool2d, (c, attributes) => pool(c, 'AVERAGE_POOL_2D', attributes, undefined)),
  form(l2Pool2d, (c, attributes) => pool(c, 'L2_POOL_2D', attributes, undefined)),
  form(maxPool2d, (c, attributes) => pool(c, 'MAX_POOL_2D', attributes, least(c))),
];
