// Padding that a convolution can do itself: a pad of zeros around rows and columns, ahead of a sliding window.
import type { Op, Value } from './module.ts';
import { pad } from './ops/pad.ts';

export interface FoldedPadding {
  readonly x: Value;
  /** Rows and columns added: top, bottom, left, right. */
  readonly pad: readonly [number, number, number, number];
}

/**
 * Where the operator's input is padded with real zeros in height and width only: what it was before, and all padding
 * together. Taps in a convolution's own padding contribute nothing, which is what a real zero does.
 */
export function foldedPadding(op: Op, own: readonly number[]): FoldedPadding | undefined {
  const source = op.operand(0).producer;
  if (source?.definition !== pad) return undefined;
  const x = source.operand(0);
  const before = source.attributes.before as readonly number[];
  const after = source.attributes.after as readonly number[];
  const zero = x.type.quant === undefined ? 0 : x.type.quant.zero[0];
  if (before.length !== 4 || source.attributes.value !== zero) return undefined;
  if (before[0] !== 0 || before[3] !== 0 || after[0] !== 0 || after[3] !== 0) return undefined;
  const [top, bottom, left, right] = own as readonly [number, number, number, number];
  return { x, pad: [top + before[1]!, bottom + after[1]!, left + before[2]!, right + after[2]!] };
}
