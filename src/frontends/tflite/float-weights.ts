// Hybrid models: float activations with quantized weights. The weights are dequantized and the operator stays float.
import type { Value } from '../../../ir/module.ts';
import { dequantize } from '../../../ir/ops/dequantize.ts';
import type { OperatorContext } from './operator-context.ts';

/** The weights in f32 where the input is f32, else as they are. Says once per operator that it stays float. */
export function floatWeights(op: OperatorContext, x: Value, weights: Value): Value {
  if (x.type.element !== 'f32' || weights.type.element === 'f32') return weights;
  op.report('note', 'I8C0302', 'The weights are quantized but the activations are float; the operator runs in float.');
  return op.builder.create(dequantize, [weights]);
}
