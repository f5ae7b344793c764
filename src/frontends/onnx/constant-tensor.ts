// The contents of a TensorProto (initializers, attributes) as the IR holds them: raw or typed data, inside the file or
// beside it, and element types that the IR lacks converted.
import { create } from '@bufbuild/protobuf';
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf';
import { fail, quoteName } from '../../../ir/diagnostics.ts';
import { halfToNumber } from '../../../ir/half.ts';
import { arrayFromBytes, type TensorArray, type TensorData } from '../../../ir/tensor-data.ts';
import type { ElementType } from '../../../ir/types.ts';
import { checkedCount, type FileElement } from '../../files/file-tensor.ts';
import { fileTensorOf } from '../../files/tensor-proto.ts';
import { dataTypeName, elementMapping, sizedType } from './element-types.ts';
import type { ReadExternal } from './external-data.ts';
import { externalBytes } from './external-data.ts';

/**
 * The tensor's contents.
 *
 * @throws CompileError I8C0002 where data and shape contradict each other, I8C0202 for element types that the IR cannot
 * hold, I8C0005 where data outside of the file cannot be read.
 */
export function constantTensor(proto: TensorProto, readExternal: ReadExternal | undefined): TensorData {
  const inside = proto.dataLocation === DataLocation.EXTERNAL ? withExternalData(proto, readExternal) : proto;
  const where = `initializer ${quoteName(proto.name)}`;
  const mapping = elementMapping(proto.dataType);
  if (mapping === undefined) {
    return fail('I8C0202', `The tensor has elements of ${dataTypeName(proto.dataType)}.`, { where });
  }
  const shape = proto.dims.map(Number);
  const type = sizedType(mapping.element, shape);
  switch (proto.dataType) {
    case DataType.BFLOAT16:
      return { type, data: Float32Array.from(words(inside, shape), brainFloat) };
    case DataType.INT4:
      return { type, data: Int8Array.from(nibbles(inside, shape), (n) => (n << 28) >> 28) };
    case DataType.UINT4:
      return { type, data: nibbles(inside, shape) };
    default: {
      const { element, bytes } = fileTensorOf(inside);
      const data = convertElements(element, bytes, mapping.element);
      return { type, data: data ?? fail('I8C0202', `The tensor has elements of ${element}.`, { where }) };
    }
  }
}

/** The same tensor with the bytes that it keeps elsewhere. */
function withExternalData(proto: TensorProto, readExternal: ReadExternal | undefined): TensorProto {
  const { name, dataType, dims } = proto;
  return create(TensorProtoSchema, {
    name,
    dataType,
    dims,
    rawData: Uint8Array.from(externalBytes(proto, readExternal)),
  });
}

/** The elements of a file's tensor as `to`; undefined where that is not what its element type becomes. */
export function convertElements(from: FileElement, bytes: Uint8Array, to: ElementType): TensorArray | undefined {
  // A copy starts at a position that every element size divides.
  const { buffer } = Uint8Array.from(bytes);
  switch (from) {
    case 'f64':
      return Float32Array.from(new Float64Array(buffer));
    case 'f16':
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case 'u16':
      return Int32Array.from(new Uint16Array(buffer));
    case 'u32':
      return BigInt64Array.from(new Uint32Array(buffer), BigInt);
    case 'u64': {
      const values = new BigUint64Array(buffer);
      if (values.some((x) => x >= 2n ** 63n)) fail('I8C0202', 'A uint64 constant does not fit 63 bits.');
      return BigInt64Array.from(values);
    }
    case 'bool':
      return Uint8Array.from(bytes, (x) => (x === 0 ? 0 : 1));
    default:
      return from === to ? arrayFromBytes(to, bytes) : undefined;
  }
}

const brainFloat = (bits: number): number => new Float32Array(Uint32Array.of(bits * 65536).buffer)[0]!;

function countOf(shape: readonly number[]): number {
  return checkedCount(shape) ?? fail('I8C0002', `A tensor has the shape [${shape.slice(0, 16).join(', ')}].`);
}

/** 16-bit elements: raw and little-endian, or one per element of int32_data. */
function words({ rawData, int32Data }: TensorProto, shape: readonly number[]): Uint16Array {
  const count = countOf(shape);
  const found =
    rawData.length > 0
      ? new Uint16Array(Uint8Array.from(rawData.subarray(0, rawData.length & ~1)).buffer)
      : Uint16Array.from(int32Data);
  return found.length === count ? found : wrongCount(count, found.length);
}

/** 4-bit elements, two per byte, the first in the low bits; typed data has a byte per element of int32_data. */
function nibbles({ rawData, int32Data }: TensorProto, shape: readonly number[]): Uint8Array {
  const count = countOf(shape);
  const packed = rawData.length > 0 ? rawData : Uint8Array.from(int32Data);
  if (packed.length !== Math.ceil(count / 2)) return wrongCount(count, 2 * packed.length);
  return Uint8Array.from({ length: count }, (_, i) => (packed[i >> 1]! >> (4 * (i & 1))) & 15);
}

function wrongCount(needed: number, found: number): never {
  return fail('I8C0002', `A tensor needs ${needed} elements and has ${found}.`);
}
