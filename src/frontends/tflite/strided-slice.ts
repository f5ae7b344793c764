// STRIDED_SLICE's masks, resolved: begin, end and strides become a start, a size and a step for each dimension, and the
// shape that is left after dimensions were added and dropped.
//
// Sources: TensorFlow Lite kernels/internal/strided_slice_logic.h for clamping, TensorFlow's documentation of
// tf.strided_slice for the ellipsis and new axes, which TensorFlow Lite Micro does not take.
import { rule } from '../../../ir/define-op.ts';

/** The operator as the file has it. Bit i of a mask is about entry i of the lists. */
export interface StridedSliceSpec {
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly strides: readonly number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
  /** `end` counts from `begin`. */
  readonly offset: boolean;
}

export interface ResolvedSlice {
  readonly start: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
  readonly shape: readonly number[];
}

/** Entries that bits of an i32 mask can be about. */
const maxEntries = 32;

const hasBit = (mask: number, i: number) => ((mask >>> i) & 1) === 1;

/** Resolves a spec against the shape it slices. Throws RuleViolation for what no shape can satisfy. */
export function resolveStridedSlice(shape: readonly number[], spec: StridedSliceSpec): ResolvedSlice {
  const entries = spec.begin.length;
  rule(spec.end.length === entries && spec.strides.length === entries, 'needs as many begins as ends and strides');
  rule(entries <= maxEntries, `takes at most ${maxEntries} entries`);
  const isEllipsis = (i: number) => hasBit(spec.ellipsisMask, i);
  const isNewAxis = (i: number) => hasBit(spec.newAxisMask, i) && !isEllipsis(i);
  const positions = spec.begin.map((_, i) => i);
  const ellipses = positions.filter(isEllipsis).length;
  rule(ellipses <= 1, 'has more than one ellipsis');
  const named = entries - ellipses - positions.filter(isNewAxis).length;
  rule(named <= shape.length, () => `slices ${named} dimensions of a tensor of rank ${shape.length}`);

  const resolved = { start: [] as number[], size: [] as number[], step: [] as number[], shape: [] as number[] };
  const keep = ({ start, size, step }: Range, isKept = true) => {
    resolved.start.push(start);
    resolved.size.push(size);
    resolved.step.push(step);
    if (isKept) resolved.shape.push(size);
  };
  const keepWhole = (count: number) => {
    for (let n = 0; n < count; n++) keep({ start: 0, size: shape[resolved.start.length]!, step: 1 });
  };
  for (const i of positions) {
    if (isEllipsis(i)) keepWhole(shape.length - named);
    else if (isNewAxis(i)) resolved.shape.push(1);
    else if (hasBit(spec.shrinkAxisMask, i)) keep(elementOf(spec, i, shape[resolved.start.length]!), false);
    else keep(rangeOf(spec, i, shape[resolved.start.length]!));
  }
  keepWhole(shape.length - resolved.start.length);
  return resolved;
}

interface Range {
  readonly start: number;
  readonly size: number;
  readonly step: number;
}

function startOf(spec: StridedSliceSpec, i: number, extent: number): number {
  const begin = spec.begin[i]!;
  if (hasBit(spec.beginMask, i)) return spec.strides[i]! > 0 ? 0 : extent - 1;
  return begin < 0 ? begin + extent : begin;
}

/** The one element of a dimension that the result loses. */
function elementOf(spec: StridedSliceSpec, i: number, extent: number): Range {
  rule(spec.strides[i]! > 0, 'takes a single index backwards');
  const start = startOf(spec, i, extent);
  rule(start >= 0 && start < extent, () => `takes index ${spec.begin[i]} of a dimension of ${extent}`);
  return { start, size: 1, step: 1 };
}

function rangeOf(spec: StridedSliceSpec, i: number, extent: number): Range {
  const step = spec.strides[i]!;
  rule(step !== 0, 'has a stride of 0');
  // Forwards, positions are cut to [0, extent]; backwards to [-1, extent - 1].
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const cut = (position: number) => Math.min(Math.max(position, low), high);
  const start = cut(startOf(spec, i, extent));
  const end = spec.end[i]! + (spec.offset ? start : 0);
  const stop = hasBit(spec.endMask, i) ? (step > 0 ? high : low) : cut(end < 0 ? end + extent : end);
  const size = Math.max(0, Math.ceil((stop - start) / step));
  return size === 0 ? { start: 0, size, step: 1 } : { start, size, step };
}
