// Rows of operators that put tensors together.
import type { Value } from '../../../../ir/module.ts';
import { roundHalfAway } from '../../../../ir/numerics.ts';
import { tabulate } from '../../../../ir/ops/lookup.ts';
import { scaleAndZero } from '../../../../ir/quantized.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { sameQuantization, tensorType } from '../../../../ir/types.ts';
import { asOutput, movement, reinterpreted } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

export const joiningRows: Rows = {
  CONCATENATION(op) {
    const { axis, fusedActivationFunction } = op.options('ConcatenationOptions');
    if (fusedActivationFunction !== 'NONE') {
      op.unsupported(`The fused activation ${fusedActivationFunction} is not supported, by TensorFlow Lite neither.`);
    }
    const parts = sameQuantizationParts(
      op,
      op.inputs().map((x) => rescaledU8(op, x)),
    );
    return asOutput(op, movement(op).concat(parts, normalizeAxis(axis, parts[0]!.type.shape.length)));
  },
  PACK(op) {
    const parts = sameQuantizationParts(op, op.inputs());
    const { shape } = parts[0]!.type;
    const axis = normalizeAxis(op.options('PackOptions').axis, shape.length + 1);
    const build = movement(op);
    const expanded = parts.map((x) => build.reshape(x, x.type.shape.toSpliced(axis, 0, 1)));
    return asOutput(op, build.concat(expanded, axis));
  },
};

/** The operands under the output's quantization; at least one. */
function sameQuantizationParts(op: OperatorContext, parts: readonly Value[]): Value[] {
  if (parts.length === 0) op.fail('I8C0207', 'The operator has no operands.');
  const { quant } = op.outputType();
  return parts.map((x) => reinterpreted(op, x, quant));
}

/**
 * An 8-bit unsigned operand at the output's scale. Alone of all types it is rescaled, in f32, by a kernel that TensorFlow
 * Lite has and Micro once had (reference/concatenation.h, ConcatenationWithScaling); the others copy bytes.
 */
function rescaledU8(op: OperatorContext, x: Value): Value {
  const result = op.outputType();
  const [from, to] = [x.type.quant, result.quant];
  if (x.type.element !== 'u8' || from === undefined || to === undefined || sameQuantization(from, to)) return x;
  const f = Math.fround;
  const { scale: s, zero: z } = scaleAndZero(x.type, 'operand');
  const { scale, zero } = scaleAndZero(result, 'result');
  const factor = f(s * f(1 / scale));
  const bias = f(-z * factor);
  const type = tensorType('u8', x.type.shape, to);
  return tabulate(op.builder, x, type, (q) => roundHalfAway(f(f(q * factor) + bias)) + zero);
}
