// ONNX TensorProto files: every way in which elements are kept, damaged messages, and the ONNX standard's own files.
import { readdirSync, readFileSync } from 'node:fs';
import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { elementCount } from '../../ir/types.ts';
import { bytesPerFileElement } from '../../src/files/file-tensor.ts';
import { decodeTensorProto } from '../../src/files/tensor-proto.ts';
import { hasShared, listShared, sharedPath } from '../shared-folder.ts';

type Fields = Partial<Omit<TensorProto, '$typeName' | '$unknown'>>;
const proto = (fields: Fields) => toBinary(TensorProtoSchema, create(TensorProtoSchema, fields));

const bytesOfArray = (array: ArrayBufferView) => [...new Uint8Array(array.buffer, array.byteOffset, array.byteLength)];

describe('elements', () => {
  test.each<[string, Fields, string, ArrayBufferView]>([
    ['raw', { dataType: DataType.INT8, rawData: Uint8Array.of(1, 255) }, 'i8', Int8Array.of(1, -1)],
    ['float', { dataType: DataType.FLOAT, floatData: [0.5, -2] }, 'f32', Float32Array.of(0.5, -2)],
    ['double', { dataType: DataType.DOUBLE, doubleData: [0.1, 3] }, 'f64', Float64Array.of(0.1, 3)],
    ['bool', { dataType: DataType.BOOL, int32Data: [1, 0] }, 'bool', Uint8Array.of(1, 0)],
    ['int8', { dataType: DataType.INT8, int32Data: [-128, 127] }, 'i8', Int8Array.of(-128, 127)],
    ['uint8', { dataType: DataType.UINT8, int32Data: [0, 255] }, 'u8', Uint8Array.of(0, 255)],
    ['int16', { dataType: DataType.INT16, int32Data: [-300, 300] }, 'i16', Int16Array.of(-300, 300)],
    ['half', { dataType: DataType.FLOAT16, int32Data: [0x3c00, 0xbc00] }, 'f16', Uint16Array.of(0x3c00, 0xbc00)],
    ['int32', { dataType: DataType.INT32, int32Data: [-5, 2147483647] }, 'i32', Int32Array.of(-5, 2147483647)],
    ['int64', { dataType: DataType.INT64, int64Data: [-5n, 2n ** 62n] }, 'i64', BigInt64Array.of(-5n, 2n ** 62n)],
    ['uint32', { dataType: DataType.UINT32, uint64Data: [7n, 4294967295n] }, 'u32', Uint32Array.of(7, 4294967295)],
  ])('%s', (_, fields, element, expected) => {
    const tensor = decodeTensorProto(proto({ dims: [1n, 2n], ...fields }));
    expect({ ...tensor, bytes: [...tensor.bytes] }).toEqual({ element, shape: [1, 2], bytes: bytesOfArray(expected) });
  });

  test('a scalar has no dimensions', () => {
    expect(decodeTensorProto(proto({ dataType: DataType.FLOAT, floatData: [1] })).shape).toEqual([]);
  });
});

describe('messages that are refused', () => {
  test.each<[string, Fields, string]>([
    ['no type', { dims: [1n] }, 'type UNDEFINED'],
    ['text', { dims: [0n], dataType: DataType.STRING }, 'type STRING'],
    ['a type of the future', { dims: [0n], dataType: 99 }, 'type number 99'],
    ['too few', { dims: [3n], dataType: DataType.FLOAT, floatData: [1, 2] }, 'needs 3 elements, it has 2'],
    ['too many', { dims: [1n], dataType: DataType.INT64, int64Data: [1n, 2n] }, 'needs 1 elements, it has 2'],
    ['raw of another length', { dims: [2n], dataType: DataType.INT16, rawData: new Uint8Array(3) }, 'it has 3 bytes'],
    ['a negative extent', { dims: [-1n], dataType: DataType.FLOAT }, 'its shape is [-1]'],
    ['a huge shape', { dims: [2n ** 40n, 2n ** 40n], dataType: DataType.FLOAT }, 'its shape is'],
    ['raw and typed', { dims: [1n], dataType: DataType.INT8, rawData: Uint8Array.of(1), int32Data: [1] }, 'both'],
    ['an int8 of 300', { dims: [2n], dataType: DataType.INT8, int32Data: [1, 300] }, 'element 1 is 300'],
    ['data elsewhere', { dims: [1n], dataType: DataType.FLOAT, dataLocation: DataLocation.EXTERNAL }, 'another file'],
  ])('%s', (_, fields, message) => {
    expect(() => decodeTensorProto(proto(fields))).toThrow(CompileError);
    expect(() => decodeTensorProto(proto(fields))).toThrow(message);
  });

  test('any damage ends in a diagnostic, or in as many bytes as shape and type say', () => {
    const file = proto({ dims: [2n, 3n], dataType: DataType.INT32, int32Data: [1, -2, 300, 4, 5, 6], name: 'x' });
    const damage = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(damage, fc.nat(file.length), (edits, length) => {
        const damaged = Uint8Array.from(file.subarray(0, length));
        for (const [at, byte] of edits) if (at < length) damaged[at] = byte;
        try {
          const { element, shape, bytes } = decodeTensorProto(damaged);
          expect(bytes.length).toBe(elementCount(shape) * bytesPerFileElement(element));
        } catch (error) {
          expect(error).toBeInstanceOf(CompileError);
        }
      }),
      { seed: 12, numRuns: 2000 },
    );
  });
});

test.skipIf(!hasShared('onnx-node'))('inputs and outputs of the ONNX standard’s tests are read', () => {
  let read = 0;
  for (const name of listShared('onnx-node').filter((_, i) => i % 7 === 0)) {
    if (!hasShared('onnx-node', name, 'test_data_set_0')) continue;
    const folder = sharedPath('onnx-node', name, 'test_data_set_0');
    for (const file of readdirSync(folder)) {
      const { element, shape, bytes } = decodeTensorProto(readFileSync(`${folder}/${file}`));
      expect(bytes.length).toBe(elementCount(shape) * bytesPerFileElement(element));
      read++;
    }
  }
  expect(read).toBeGreaterThan(100);
});
