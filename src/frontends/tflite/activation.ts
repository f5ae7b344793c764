// Fused activations of TFLite options as real bounds.
import { type Bounds, unbounded } from '../../../ir/quantized.ts';
import type { OperatorContext } from './operator-context.ts';

/** The bounds that a fused activation sets; activations that are not bounds (TANH, SIGN_BIT) are refused. */
export function fusedBounds(op: OperatorContext, activation: string | number): Bounds {
  switch (activation) {
    case 'NONE':
      return unbounded;
    case 'RELU':
      return [0, Number.POSITIVE_INFINITY];
    case 'RELU_N1_TO_1':
      return [-1, 1];
    case 'RELU6':
      return [0, 6];
    default:
      return op.unsupported(`The fused activation ${activation} is not supported.`);
  }
}
