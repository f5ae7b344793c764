// Rows of operators that put a border around a tensor.
import { rule } from '../../../../ir/define-op.ts';
import { mirrorPad } from '../../../../ir/ops/mirror-pad.ts';
import { numbersOf } from '../../../../ir/tensor-data.ts';
import { sameQuantization } from '../../../../ir/types.ts';
import { asOutput, movement, outputName, storedZero } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

export const paddingRows: Rows = {
  PAD(op) {
    return padded(op, storedZero(op));
  },
  PADV2(op) {
    const value = op.constant(2, 'value');
    const [stored, ...rest] = numbersOf(value);
    rule(stored !== undefined && rest.length === 0, 'needs one number to pad with');
    const { element, quant } = op.outputType();
    const fits = value.type.element === element && sameQuantization(value.type.quant, quant);
    rule(fits, 'needs a value of the type and scale of its output');
    return padded(op, stored);
  },
  MIRROR_PAD(op) {
    const { before, after } = borders(op);
    const mode = op.options('MirrorPadOptions').mode === 'REFLECT' ? 'reflect' : 'symmetric';
    return asOutput(
      op,
      op.builder.create(mirrorPad, [op.input(0)], { before, after, mode }, undefined, outputName(op)),
    );
  },
};

function padded(op: OperatorContext, value: number) {
  const { before, after } = borders(op);
  return asOutput(op, movement(op).pad(op.input(0), before, after, value));
}

/** Pairs of a number ahead and a number behind, one pair per dimension. */
function borders(op: OperatorContext): { before: number[]; after: number[] } {
  const pairs = op.ints(1, 'paddings');
  return { before: pairs.filter((_, i) => i % 2 === 0), after: pairs.filter((_, i) => i % 2 === 1) };
}
