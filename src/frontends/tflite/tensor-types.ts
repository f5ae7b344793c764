// TFLite's tensor types and quantization as int8c's.
import { type DiagnosticContext, fail } from '../../../ir/diagnostics.ts';
import {
  type ElementType,
  integerRange,
  isInteger,
  maxElements,
  maxRank,
  type Quantization,
  type TensorType,
  tensorType,
} from '../../../ir/types.ts';
import type { TensorView } from './model.ts';

const elementOf: Readonly<Record<string, ElementType>> = {
  FLOAT32: 'f32',
  FLOAT16: 'f16',
  INT4: 'i4',
  INT8: 'i8',
  UINT8: 'u8',
  INT16: 'i16',
  INT32: 'i32',
  INT64: 'i64',
  BOOL: 'bool',
};

/** The type of a tensor of the file; fails where int8c has no such element type or the quantization is impossible. */
export function typeOfTensor(tensor: TensorView): TensorType {
  const context = { where: `tensor #${tensor.index} ${JSON.stringify(tensor.name.slice(0, 80))}` };
  const element = elementOf[tensor.type];
  if (element === undefined) {
    return fail('I8C0202', `int8c has no element type ${tensor.type}.`, {
      ...context,
      hint: `It has ${Object.keys(elementOf).join(', ')}.`,
    });
  }
  if (tensor.sparse) {
    fail('I8C0203', 'The tensor is stored sparsely.', { ...context, hint: 'Convert the model without sparsity.' });
  }
  if (tensor.shape.length > maxRank) {
    fail('I8C0004', `The tensor has ${tensor.shape.length} dimensions.`, {
      ...context,
      hint: `The limit is ${maxRank}.`,
    });
  }
  if (tensor.shape.some((d) => d < 0)) {
    fail('I8C0204', `The tensor's shape is [${tensor.shape.join(', ')}].`, context);
  }
  let count = 1;
  // An extent of 0 does not excuse the others: loops over some of the dimensions must end too.
  for (const d of tensor.shape) count *= Math.max(1, d);
  if (count > maxElements) {
    fail('I8C0004', `The tensor has ${count} elements.`, { ...context, hint: `The limit is ${maxElements}.` });
  }
  return tensorType(element, tensor.shape, quantizationOf(tensor, element, context));
}

/**
 * A tensor's affine quantization. One scale is per tensor whatever the axis says: TensorFlow Lite Micro never looks at
 * the axis then, and files in the field have it out of range.
 */
function quantizationOf(tensor: TensorView, element: ElementType, where: DiagnosticContext): Quantization | undefined {
  const q = tensor.quantization;
  if (q === undefined || q.scale.length === 0 || !isInteger(element)) return undefined;
  if (q.details !== undefined) fail('I8C0208', `Quantization ${q.details} is not supported.`, where);
  // Index tensors (i32, i64) carry meaningless parameters in some files, zero scales among them.
  if ((element === 'i32' || element === 'i64') && q.scale.some((s) => !(s > 0))) return undefined;
  if (!q.scale.every((s) => s > 0 && Number.isFinite(s))) {
    fail('I8C0208', 'A scale is not a positive finite number.', where);
  }
  const { min, max } = integerRange(element === 'i64' ? 'i32' : element);
  const impossible = q.zeroPoint.find((zero) => zero < min || zero > max);
  if (impossible !== undefined) fail('I8C0208', `The zero point ${impossible} is outside [${min}, ${max}].`, where);
  if (q.scale.length === 1) return { scale: q.scale, zero: q.zeroPoint };
  if (tensor.shape[q.axis] !== q.scale.length) {
    fail('I8C0208', `${q.scale.length} scales do not fit axis ${q.axis} of [${tensor.shape.join(', ')}].`, where);
  }
  return { axis: q.axis, scale: q.scale, zero: q.zeroPoint };
}
