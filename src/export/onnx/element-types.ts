// What the IR's element types are in ONNX files.
import { TensorProto_DataType as DataType } from 'onnx-buf';
import type { ElementType } from '../../../ir/types.ts';

const dataTypes: Readonly<Record<ElementType, DataType>> = {
  f32: DataType.FLOAT,
  f16: DataType.FLOAT16,
  // Unpacked, as buffers hold it: int8 has every number of it.
  i4: DataType.INT8,
  i8: DataType.INT8,
  u8: DataType.UINT8,
  i16: DataType.INT16,
  i32: DataType.INT32,
  i64: DataType.INT64,
  bool: DataType.BOOL,
};

export const dataTypeOf = (element: ElementType): DataType => dataTypes[element];
