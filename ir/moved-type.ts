// The type rule of operators that move elements without computing: element type and quantization stay.
import { rule } from './define-op.ts';
import { sameQuantization, type TensorType, tensorType } from './types.ts';

/** The operand's type under another shape. A quantization along an axis is refused: its channels would move. */
export function movedType(x: TensorType, shape: readonly number[]): TensorType {
  rule(x.quant?.axis === undefined, 'cannot move the elements of a tensor that is quantized along an axis');
  return tensorType(x.element, shape, x.quant);
}

/** Requires that operands hold elements of one kind: the same element type and quantization. */
export function ruleSameElements(a: TensorType, b: TensorType): void {
  rule(a.element === b.element, `mixes ${a.element} with ${b.element}`);
  rule(sameQuantization(a.quant, b.quant), 'needs operands of one quantization');
}
