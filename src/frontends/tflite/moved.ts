// What the rows of moving operators share: their outputs keep the operand's quantization, whatever the file says of it,
// because TensorFlow Lite Micro copies the bytes without looking at scales.
import type { Value } from '../../../ir/module.ts';
import { Movement } from '../../../ir/movement.ts';
import { type ElementType, type Quantization, sameQuantization } from '../../../ir/types.ts';
import type { OperatorContext } from './operator-context.ts';

/** The file's name of output `i`. */
export function outputName(op: OperatorContext, i = 0): string {
  const tensor = op.operator.outputs[i];
  return tensor === undefined ? '' : op.scope.tensorName(tensor);
}

/** Builds moving operators whose results are named like output `i`. */
export function movement(op: OperatorContext, i = 0): Movement {
  return new Movement(op.builder, outputName(op, i));
}

/** Element types whose quantization means something; index tensors carry junk. */
const quantizedElements: readonly ElementType[] = ['i4', 'i8', 'u8', 'i16'];

/** The value with this quantization: its bytes as they are, with a warning where that changes the numbers meant. */
export function reinterpreted(op: OperatorContext, x: Value, quant: Quantization | undefined, i = 0): Value {
  const same = sameQuantization(x.type.quant, quant);
  if (!same && quantizedElements.includes(x.type.element)) {
    op.report(
      'warning',
      'I8C0207',
      'Input and output differ in scale or zero point; the bytes are copied as they are.',
    );
  }
  return movement(op, i).reinterpret(x, quant);
}

/** The value as output `i`: of the file's element type, under the file's quantization. */
export function asOutput(op: OperatorContext, x: Value, i = 0): Value {
  const claimed = op.outputType(i);
  if (claimed.element !== x.type.element) {
    op.fail('I8C0207', `Output ${i} is ${claimed.element}, the operator gives ${x.type.element}.`);
  }
  return reinterpreted(op, x, claimed.quant, i);
}

/** The stored integer of a real zero in output 0: TensorFlow Lite gives only 8-bit types a zero point. */
export function storedZero(op: OperatorContext): number {
  const { element, quant } = op.outputType();
  return element === 'i8' || element === 'u8' ? (quant?.zero[0] ?? 0) : 0;
}

/** The one number of an integer operand that must be known at compile time. */
export function constantInt(op: OperatorContext, i: number, what: string): number {
  const [value, ...rest] = op.ints(i, what);
  if (value === undefined || rest.length > 0) op.fail('I8C0207', `The ${what} is not one number.`);
  return value;
}
