// Padding that a convolution can do itself: a pad of zeros around rows and columns, ahead of a sliding window.
import type { Requantization } from './attributes.ts';
import type { Builder } from './builder.ts';
import type { Op, Value } from './module.ts';
import { pad } from './ops/pad.ts';
import { contractionForm } from './quantized-contraction.ts';

/**
 * A convolution without the pad ahead of it, where that adds real zeros in height and width only: taps in a
 * convolution's own padding contribute nothing, which is what a real zero does. For operators with a `pad` attribute
 * (top, bottom, left, right) that are float or still in their quantized form, so that the type says what zero is.
 */
export function absorbPadding({ op, builder }: { op: Op; builder: Builder }): readonly Value[] | undefined {
  const source = op.operand(0).producer;
  if (source?.definition !== pad) return undefined;
  const x = source.operand(0);
  const form = contractionForm(x.type, op.result.type, op.attributes.requant as Requantization | undefined);
  if (form !== 'float' && form !== 'quantized') return undefined;
  const before = source.attributes.before as readonly number[];
  const after = source.attributes.after as readonly number[];
  const zero = x.type.quant === undefined ? 0 : x.type.quant.zero[0];
  if (before.length !== 4 || source.attributes.value !== zero) return undefined;
  if (before[0] !== 0 || before[3] !== 0 || after[0] !== 0 || after[3] !== 0) return undefined;
  const [top, bottom, left, right] = op.attributes.pad as readonly [number, number, number, number];
  const all = [top + before[1]!, bottom + after[1]!, left + before[2]!, right + after[2]!];
  return [builder.create(op.definition, [x, ...op.operands.slice(1)], { ...op.attributes, pad: all }, op.result.type)];
}
