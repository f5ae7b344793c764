// Reads tensors in ONNX's own format, a serialized TensorProto (onnx.proto in https://github.com/onnx/onnx), as the ONNX
// tests keep their inputs. The protobuf library is loaded with this file, so import it only where one is read.
import { fromBinary } from '@bufbuild/protobuf';
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf';
import { fail } from '../../ir/diagnostics.ts';
import { bytesPerFileElement, checkedCount, type FileElement, type FileTensor } from './file-tensor.ts';

/** An element type, and where a message without `raw_data` keeps its elements: the comments of TensorProto say which. */
interface TypedField {
  readonly element: FileElement;
  readonly read: (tensor: TensorProto) => ArrayLike<number | bigint> & ArrayBufferView;
}

const typedFields: ReadonlyMap<DataType, TypedField> = new Map<DataType, TypedField>([
  [DataType.FLOAT, { element: 'f32', read: (t) => Float32Array.from(t.floatData) }],
  [DataType.DOUBLE, { element: 'f64', read: (t) => Float64Array.from(t.doubleData) }],
  [DataType.BOOL, { element: 'bool', read: (t) => Uint8Array.from(t.int32Data) }],
  [DataType.INT8, { element: 'i8', read: (t) => Int8Array.from(t.int32Data) }],
  [DataType.UINT8, { element: 'u8', read: (t) => Uint8Array.from(t.int32Data) }],
  [DataType.INT16, { element: 'i16', read: (t) => Int16Array.from(t.int32Data) }],
  [DataType.UINT16, { element: 'u16', read: (t) => Uint16Array.from(t.int32Data) }],
  // Bits of binary16, not numbers.
  [DataType.FLOAT16, { element: 'f16', read: (t) => Uint16Array.from(t.int32Data) }],
  [DataType.INT32, { element: 'i32', read: (t) => Int32Array.from(t.int32Data) }],
  [DataType.INT64, { element: 'i64', read: (t) => BigInt64Array.from(t.int64Data) }],
  [DataType.UINT32, { element: 'u32', read: (t) => Uint32Array.from(t.uint64Data, Number) }],
  [DataType.UINT64, { element: 'u64', read: (t) => BigUint64Array.from(t.uint64Data) }],
]);

function damaged(what: string): never {
  return fail('I8C0002', `The file is not a sound ONNX TensorProto: ${what}.`);
}

/** Reads a serialized TensorProto. Throws CompileError I8C0002 where it is damaged, I8C0402 for types that no program takes. */
export function decodeTensorProto(file: Uint8Array): FileTensor {
  return fileTensorOf(parse(file));
}

/** The contents of a TensorProto that holds its data itself; throws as {@link decodeTensorProto} does. */
export function fileTensorOf(tensor: TensorProto): FileTensor {
  if (tensor.dataLocation === DataLocation.EXTERNAL) {
    fail('I8C0402', 'The TensorProto keeps its elements in another file.', { hint: 'Save it with its data inside.' });
  }
  const field = typedFields.get(tensor.dataType);
  if (field === undefined) {
    const name = (DataType as Record<number, string | undefined>)[tensor.dataType] ?? `number ${tensor.dataType}`;
    return fail('I8C0402', `The TensorProto has elements of type ${name}, which no program takes.`);
  }
  const { element } = field;
  const shape = tensor.dims.map(Number);
  const count = checkedCount(shape) ?? damaged(`its shape is [${shape.slice(0, 16).join(', ')}]`);
  const { rawData, int32Data } = tensor;
  const numbers = field.read(tensor);
  const needed = `${element} [${shape.join(', ')}] needs ${count} elements`;
  if (rawData.length > 0) {
    if (numbers.length > 0) damaged('it has elements both as raw data and as numbers');
    const size = bytesPerFileElement(element);
    if (rawData.length !== count * size) damaged(`${needed} of ${size} bytes, it has ${rawData.length} bytes`);
    return { element, shape, bytes: rawData.slice() };
  }
  if (numbers.length !== count) damaged(`${needed}, it has ${numbers.length}`);
  // Narrow integers travel as 32-bit ones, which may hold more than their type says.
  const outside = int32Data.findIndex((x, i) => x !== numbers[i]);
  if (outside >= 0) damaged(`element ${outside} is ${int32Data[outside]}, which is no ${element}`);
  return { element, shape, bytes: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength) };
}

function parse(file: Uint8Array): TensorProto {
  try {
    return fromBinary(TensorProtoSchema, file, { readUnknownFields: false });
  } catch (error) {
    return damaged(error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
  }
}
