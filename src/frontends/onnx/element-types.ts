// What ONNX element types become. Types that the IR does not compute in are widened or narrowed to one that it does,
// which the importer says in a note.
import { TensorProto_DataType as DataType } from 'onnx-buf';
import { fail } from '../../../ir/diagnostics.ts';
import { type ElementType, type TensorType, tensorType, typeProblem } from '../../../ir/types.ts';

export interface ElementMapping {
  readonly element: ElementType;
  /** ONNX's name of the type, where `element` is another type. */
  readonly instead?: string;
  /** The integers of ONNX's type, where `element` has more: what saturates does so at these. */
  readonly range?: IntegerRange;
}

/** Least and greatest of the integers of a type. */
export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

const mappings: ReadonlyMap<number, ElementMapping> = new Map<number, ElementMapping>([
  [DataType.FLOAT, { element: 'f32' }],
  [DataType.INT8, { element: 'i8' }],
  [DataType.UINT8, { element: 'u8' }],
  [DataType.INT16, { element: 'i16' }],
  [DataType.INT32, { element: 'i32' }],
  [DataType.INT64, { element: 'i64' }],
  [DataType.BOOL, { element: 'bool' }],
  [DataType.FLOAT16, { element: 'f32', instead: 'float16' }],
  [DataType.BFLOAT16, { element: 'f32', instead: 'bfloat16' }],
  [DataType.DOUBLE, { element: 'f32', instead: 'double' }],
  [DataType.UINT16, { element: 'i32', instead: 'uint16', range: { min: 0, max: 65535 } }],
  [DataType.UINT32, { element: 'i64', instead: 'uint32' }],
  [DataType.UINT64, { element: 'i64', instead: 'uint64' }],
  [DataType.INT4, { element: 'i8', instead: 'int4', range: { min: -8, max: 7 } }],
  [DataType.UINT4, { element: 'u8', instead: 'uint4', range: { min: 0, max: 15 } }],
]);

/** The IR's element type for a TensorProto.DataType; undefined for strings, complex numbers and 8-bit floats. */
export function elementMapping(dataType: number): ElementMapping | undefined {
  return mappings.get(dataType);
}

/**
 * The type of a tensor whose shape a file states.
 *
 * @throws CompileError I8C0004 for more elements or dimensions than int8c takes, I8C0002 for extents that are none.
 */
export function sizedType(element: ElementType, shape: readonly number[]): TensorType {
  const type = tensorType(element, shape);
  const problem = typeProblem(type);
  if (problem === undefined) return type;
  const isNegative = shape.some((n) => n < 0);
  return fail(isNegative ? 'I8C0002' : 'I8C0004', `The tensor ${isNegative ? 'has a negative extent' : problem}.`);
}

/** ONNX's own name of a data type, for messages. */
export function dataTypeName(dataType: number): string {
  return (DataType as Record<number, string | undefined>)[dataType]?.toLowerCase() ?? `type ${dataType}`;
}
