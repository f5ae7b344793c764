// Rows of arithmetic on two broadcast operands.
import type { BinaryOperator } from '../../../../ir/binary-arithmetic.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { div } from '../../../../ir/ops/div.ts';
import { floorDiv, floorMod } from '../../../../ir/ops/floor-div.ts';
import { maximum, minimum } from '../../../../ir/ops/maximum.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { pow } from '../../../../ir/ops/pow.ts';
import { squaredDifference } from '../../../../ir/ops/squared-difference.ts';
import { fusedBounds } from '../activation.ts';
import type { OperatorContext, Row, Rows } from '../operator-context.ts';
import { withScaleOf } from '../stored-integers.ts';

type ActivatedOptions = 'AddOptions' | 'SubOptions' | 'MulOptions' | 'DivOptions';

/** An operator with a fused activation. */
function activated(definition: BinaryOperator, options: ActivatedOptions): Row {
  return (op) => {
    const clamp = fusedBounds(op, op.options(options).fusedActivationFunction);
    return op.emit(definition, [op.input(0), op.input(1)], { clamp });
  };
}

const plain =
  (definition: BinaryOperator): Row =>
  (op) =>
    op.emit(definition, [op.input(0), op.input(1)]);

/** TensorFlow Lite Micro compares stored integers without a look at their scales (maximum_minimum.cc). */
const ofStoredIntegers =
  (definition: BinaryOperator): Row =>
  (op: OperatorContext) => {
    const type = op.outputType();
    return op.emit(definition, [withScaleOf(op, op.input(0), type), withScaleOf(op, op.input(1), type)]);
  };

export const arithmeticRows: Rows = {
  ADD: activated(add, 'AddOptions'),
  SUB: activated(sub, 'SubOptions'),
  MUL: activated(mul, 'MulOptions'),
  DIV: activated(div, 'DivOptions'),
  FLOOR_DIV: plain(floorDiv),
  FLOOR_MOD: plain(floorMod),
  POW: plain(pow),
  SQUARED_DIFFERENCE: plain(squaredDifference),
  MAXIMUM: ofStoredIntegers(maximum),
  MINIMUM: ofStoredIntegers(minimum),
};
