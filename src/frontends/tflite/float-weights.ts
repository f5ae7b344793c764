// Hybrid models: float activations with quantized weights. The weights are dequantized and the operator stays float; the
// pass keep-integer-weights lets it read the integers where it can.
import type { Value } from '../../../ir/module.ts';
import { dequantize } from '../../../ir/ops/dequantize.ts';
import type { OperatorContext } from './operator-context.ts';

/** The weights in f32 where the input is f32, else as they are. Says once per operator that it stays float. */
export function floatWeights(op: OperatorContext, x: Value, weights: Value): Value {
  return allFloatWeights(op, x, [weights])[0]!;
}

/** The same for an operator with several weights. */
export function allFloatWeights(op: OperatorContext, x: Value, weights: readonly Value[]): readonly Value[] {
  if (x.type.element !== 'f32' || weights.every((w) => w.type.element === 'f32')) return weights;
  op.report('note', 'I8C0302', 'The weights are quantized but the activations are float; the operator runs in float.');
  return weights.map((w) => (w.type.element === 'f32' ? w : op.builder.create(dequantize, [w])));
}
