// The shape of a contraction in which every channel keeps to itself: windows that slide along one or two dimensions of
// the input, one window for each result and channel.
import type { ContractionLowering } from '../../ir/loops/lowering.ts';
import { stridesOf } from '../../ir/types.ts';
import { guardsOf } from './plain.ts';
import type { StridedContraction } from './strided.ts';

/** A dimension of the input along which windows slide. Axes are those of the strided form. */
export interface WindowDimension {
  /** The axis of results, and how many; undefined where there is one. */
  readonly results: number | undefined;
  readonly resultCount: number;
  /** The axis of taps, and how many; undefined where there is one. */
  readonly taps: number | undefined;
  readonly tapCount: number;
  /** Positions of the input from one result to the next, and from one tap to the next. */
  readonly stride: number;
  readonly dilation: number;
  /** The position of the first tap of the first result: below 0 in padding. */
  readonly first: number;
  /** Positions of the input; those beyond are padding. */
  readonly extent: number;
  /** Elements of the input's buffer from one position to the next. */
  readonly elements: number;
}

export interface DepthwiseWindow {
  /** Its elements are neighbours in the input and in the result. */
  readonly channel: number;
  /** One or two dimensions; those with taps first. */
  readonly dimensions: readonly WindowDimension[];
  /** All other axes of results. */
  readonly outer: readonly number[];
}

/** The windows of a contraction whose strided form has an axis for each of its own; undefined where they are others. */
export function depthwiseWindow(c: ContractionLowering, form: StridedContraction): DepthwiseWindow | undefined {
  const parallel = form.axes.flatMap((a, i) => (a.role === 'parallel' ? [i] : []));
  const reads = (axis: number) => form.input.strides[axis] !== 0;
  const weighs = (axis: number) => form.weights.strides[axis] !== 0;
  if (parallel.some((i) => weighs(i) && !reads(i))) return undefined;
  const channel = parallel.findLast((i) => weighs(i) && form.input.strides[i] === 1 && form.result.strides[i] === 1);
  if (channel === undefined) return undefined;
  const guarded = new Set(guardsOf(c, c.input).map((g) => g.form));
  const elements = stridesOf(c.input.shape);
  const windows: WindowDimension[] = [];
  const plain: WindowDimension[] = [];
  for (const [d, index] of c.input.index.entries()) {
    const terms = index.terms.flatMap(([origin, coefficient]) => {
      const axis = form.axes.findIndex((a) => a.parts.some((p) => p.axis === origin));
      return axis < 0 ? [] : [{ axis, coefficient }];
    });
    const taps = terms.filter((t) => form.axes[t.axis]!.role === 'reduce');
    const results = terms.filter((t) => form.axes[t.axis]!.role === 'parallel' && !weighs(t.axis));
    const isWindow = taps.length <= 1 && results.length <= 1 && taps.length + results.length === terms.length;
    if (isWindow && terms.every((t) => t.coefficient > 0) && terms.length > 0) {
      const [tap, result] = [taps[0], results[0]];
      (tap === undefined ? plain : windows).push({
        results: result?.axis,
        resultCount: result === undefined ? 1 : form.axes[result.axis]!.extent,
        taps: tap?.axis,
        tapCount: tap === undefined ? 1 : form.axes[tap.axis]!.extent,
        stride: result?.coefficient ?? 1,
        dilation: tap?.coefficient ?? 1,
        first: index.offset,
        extent: c.input.shape[d]!,
        elements: elements[d]!,
      });
    } else if (guarded.has(index) || taps.length > 0) {
      return undefined;
    }
  }
  if (windows.length === 0 || windows.length > 2) return undefined;
  const free = windows.length === 1 ? plain.toSorted((a, b) => b.resultCount - a.resultCount).slice(0, 1) : [];
  const dimensions = [...windows, ...free];
  // Padding of the others would be nobody's.
  if (guarded.size > dimensions.filter(isPadded).length) return undefined;
  const used = new Set([channel, ...dimensions.map((w) => w.results)]);
  return { channel, dimensions, outer: parallel.filter((i) => !used.has(i)) };
}

/** True when some tap of some result is outside of the input. */
export function isPadded({ first, extent, resultCount, tapCount, stride, dilation }: WindowDimension): boolean {
  return first < 0 || first + stride * (resultCount - 1) + dilation * (tapCount - 1) >= extent;
}
