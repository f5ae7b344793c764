// Rounds the weights of one layer by the moments of its input: from several starts down to where no weight wants to move.
import { adaptiveRounding } from './adaptive-rounding.ts';
import { descend } from './coordinate-descent.ts';
import type { FittedLayer } from './layer-tensors.ts';
import type { LayerMoments } from './moments.ts';
import { cholesky, nearestPlane } from './nearest-plane.ts';
import { hessianOf, objective, type RowProblem } from './row-problem.ts';
import { roundedToNearest, weightIndex, weightLimit, weightRow } from './weight-rows.ts';

/**
 * Products per step up to which gradient descent is tried as well. It gains a few percent over the other starts, whose cost
 * is that of some of its hundreds of steps.
 */
const maxGradientProducts = 2 ** 19;

/** What a layer becomes. */
export interface LayerFit {
  /** In the weights' own order. */
  readonly rounded: Int8Array;
  readonly scales: Float32Array;
  readonly error: LayerError;
}

/** Expected squared error of a layer's result that rounding its weights makes, summed over channels. */
export interface LayerError {
  /** With the first scales, rounded to the nearest. */
  nearest: number;
  /** As learned: never more. */
  learned: number;
}

/**
 * Chooses each output channel's scale, among the candidates' (the first are those to compare with), and its integers, to
 * make the expected squared error least.
 */
export function fitLayer(
  layer: FittedLayer,
  { groups, count }: LayerMoments,
  candidates: readonly Float32Array[],
): LayerFit {
  const { channels, weights } = layer;
  const perGroup = channels / groups.length;
  const fit: LayerFit = {
    rounded: new Int8Array(weights.data.length),
    scales: new Float32Array(channels),
    error: { nearest: 0, learned: 0 },
  };
  for (const [g, moments] of groups.entries()) {
    const hessian = hessianOf(moments, count);
    const lower = cholesky(hessian);
    const rows = Array.from({ length: perGroup }, (_, i) => {
      const o = g * perGroup + i;
      const scales = candidates.map((of) => of[o] ?? 1);
      return bestScale({ weights: weightRow(layer, o), hessian }, lower, scales);
    });
    // The rows of one group are too few to be worth compiling a product for, where there are many groups.
    if (groups.length === 1 && perGroup * hessian.length <= maxGradientProducts) tryGradient(rows, hessian);
    for (const [i, { scale, q, nearest, error }] of rows.entries()) {
      const o = g * perGroup + i;
      fit.scales[o] = scale;
      fit.error.nearest += nearest;
      fit.error.learned += error;
      for (const [k, v] of q.entries()) fit.rounded[weightIndex(layer, o, k)] = v;
    }
  }
  return fit;
}

/** The best that is known of one output channel. */
interface FittedRow {
  readonly row: RowProblem;
  /** J with the first scale, rounded to the nearest. */
  readonly nearest: number;
  scale: number;
  q: Float64Array;
  /** J as it is. */
  error: number;
}

/** Tries every scale, from the nearest integers and from those of the nearest plane. */
function bestScale(row: RowProblem, lower: Float64Array, [first = 1, ...others]: readonly number[]): FittedRow {
  const nearest = roundedToNearest(row.weights, first);
  const error = objective(row, nearest, first);
  const fitted: FittedRow = { row, nearest: error, scale: first, q: nearest, error };
  for (const scale of new Set([first, ...others]))
    for (const q of [roundedToNearest(row.weights, scale), nearestPlane(lower, row.weights, scale, weightLimit)]) {
      descend(row, q, scale, weightLimit);
      keepBetter(fitted, q, scale);
    }
  return fitted;
}

/** The same from where gradient descent over all rows leads. */
function tryGradient(rows: readonly FittedRow[], hessian: Float64Array): void {
  const weights = Float64Array.from(rows.flatMap(({ row }) => [...row.weights]));
  const scales = Float64Array.from(rows, ({ scale }) => scale);
  const integers = adaptiveRounding({ weights, scales, hessian });
  for (const [i, fitted] of rows.entries()) {
    const length = fitted.q.length;
    const q = integers.slice(i * length, (i + 1) * length);
    descend(fitted.row, q, fitted.scale, weightLimit);
    keepBetter(fitted, q, fitted.scale);
  }
}

function keepBetter(fitted: FittedRow, q: Float64Array, scale: number): void {
  const error = objective(fitted.row, q, scale);
  if (error < fitted.error) Object.assign(fitted, { q, scale, error });
}
