// Rows of operators that put tensors together.
import type { Value } from '../../../../ir/module.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { asOutput, movement, reinterpreted } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

export const joiningRows: Rows = {
  CONCATENATION(op) {
    const { axis, fusedActivationFunction } = op.options('ConcatenationOptions');
    if (fusedActivationFunction !== 'NONE') {
      op.unsupported(`The fused activation ${fusedActivationFunction} is not supported, by TensorFlow Lite neither.`);
    }
    const parts = sameQuantizationParts(op, op.inputs());
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
