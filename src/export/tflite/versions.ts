// The version of each operator that takes elements of a type: what a runtime must know at least to run the file.
// Source: tensorflow/lite/tools/versioning/op_version.cc, GetBuiltinOperatorVersion.
import type { ElementType } from '../../../ir/types.ts';
import type { OperatorName } from './model.ts';

type ByElement = Partial<Readonly<Record<ElementType, number>>>;

const bytes: ByElement = { i8: 2 };
const bytesThenWords: ByElement = { i8: 2, i16: 3 };

/** Versions by the element type of the first operand that is data; 1 where none is said. */
const versions: Partial<Readonly<Record<OperatorName, ByElement>>> = {
  ABS: { i8: 2, i16: 3, i32: 5 },
  ADD: { i8: 2, i16: 3, i64: 4 },
  ARG_MAX: bytes,
  ARG_MIN: bytes,
  AVERAGE_POOL_2D: bytesThenWords,
  BATCH_MATMUL: bytesThenWords,
  BROADCAST_TO: { f32: 2, i32: 2, i64: 2, bool: 2, u8: 2, i8: 3, i16: 3 },
  CAST: { i8: 3 },
  CONCATENATION: bytesThenWords,
  CONV_2D: { i8: 3, i16: 4 },
  DEPTHWISE_CONV_2D: { i8: 3, i16: 5 },
  DEQUANTIZE: { i8: 2, i16: 3, f16: 3 },
  EQUAL: { i8: 2, i16: 4 },
  EXP: { i8: 2, i16: 2 },
  FLOOR_DIV: { f32: 2, i8: 3, i16: 3 },
  FLOOR_MOD: { i8: 2, i16: 2 },
  FULLY_CONNECTED: { i8: 4 },
  GATHER: { i8: 2, i16: 4, bool: 3 },
  GATHER_ND: { i16: 3 },
  GELU: bytes,
  GREATER: bytes,
  GREATER_EQUAL: bytesThenWords,
  L2_NORMALIZATION: bytes,
  LEAKY_RELU: { i16: 2 },
  LESS: bytesThenWords,
  LESS_EQUAL: bytes,
  LOG: { i8: 2, i16: 2 },
  LOGISTIC: bytesThenWords,
  LOG_SOFTMAX: bytes,
  MAXIMUM: { i8: 2, i16: 4 },
  MAX_POOL_2D: bytesThenWords,
  MEAN: bytesThenWords,
  MINIMUM: { i8: 2, i16: 4 },
  MIRROR_PAD: bytesThenWords,
  MUL: { i8: 2, i16: 4, i64: 5 },
  NOT_EQUAL: bytes,
  PAD: bytesThenWords,
  PADV2: bytesThenWords,
  REDUCE_MAX: bytesThenWords,
  REDUCE_MIN: bytesThenWords,
  REDUCE_PROD: { i8: 2, i16: 2 },
  RELU: bytesThenWords,
  RELU6: bytesThenWords,
  RESIZE_BILINEAR: { i8: 2, i16: 4 },
  RESIZE_NEAREST_NEIGHBOR: { i8: 2, i16: 4 },
  RSQRT: bytesThenWords,
  SIGN: { i32: 2 },
  SLICE: { i8: 2, i16: 4 },
  SOFTMAX: bytesThenWords,
  SQUARED_DIFFERENCE: bytes,
  STRIDED_SLICE: { i8: 2, bool: 3 },
  SUB: { i8: 2, i16: 5, i64: 4 },
  SUM: bytes,
  TANH: bytesThenWords,
  TRANSPOSE: { i8: 2, i16: 5, bool: 3 },
  TRANSPOSE_CONV: { i8: 2, i16: 2 },
};

/** The version of an operator on elements of this type; more where the caller knows that a feature needs it. */
export function versionOf(name: OperatorName, element: ElementType, atLeast = 1): number {
  return Math.max(versions[name]?.[element] ?? 1, atLeast);
}
