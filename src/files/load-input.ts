// Reads the file that a user gives for an input of a program.
import { extname } from 'node:path';
import { CompileError, fail, quoteName } from '../../ir/diagnostics.ts';
import { byteSize, elementCount, type TensorType } from '../../ir/types.ts';
import type { TensorInfo } from '../program.ts';
import type { FileTensor } from './file-tensor.ts';
import { type FittedTensor, fitTensor, formatTensorShape } from './fit-tensor.ts';
import { readBoundedFile } from './read-file.ts';

/**
 * Reads the tensor in a file and fits it to an input: `.npy`, `.pb` (an ONNX TensorProto) and, for any other name, the
 * raw little-endian elements.
 *
 * @throws CompileError whose diagnostics name the input and the file: I8C0005 for a file that cannot be read, I8C0002
 * and I8C0003 for one that is damaged or too new, I8C0402 for a tensor that does not fit.
 */
export async function loadInput({ name, type }: TensorInfo, path: string): Promise<FittedTensor> {
  const where = `input ${quoteName(name)} from ${quoteName(path)}`;
  try {
    const { data, note } = fitTensor(type, await readTensor(path, type));
    return note === undefined ? { data } : { data, note: { ...note, where } };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new CompileError(error.diagnostics.map((d) => ({ ...d, where })));
  }
}

/** Room for names and comments in a TensorProto. */
const protoOverhead = 2 ** 20;

/** Bytes of an element as protobuf spells it at most: a key and a varint of ten bytes. */
const protoElementBytes = 12;

/**
 * Reads a file that holds a serialized TensorProto for an input of this type. Throws CompileError I8C0005 where it cannot
 * be read or is larger than any for the input, and as decodeTensorProto does.
 */
export async function readTensorProto(path: string, { shape }: TensorType): Promise<FileTensor> {
  const { decodeTensorProto } = await import('./tensor-proto.ts');
  // A decoded message takes many times the memory of its bytes: only as many are read as the input can need.
  const limit = protoOverhead + protoElementBytes * elementCount(shape);
  return decodeTensorProto(await readBoundedFile(path, 'input file', limit));
}

/** Reads a file for an input of this type; raw bytes have the input's own shape. */
async function readTensor(path: string, type: TensorType): Promise<FileTensor> {
  switch (extname(path).toLowerCase()) {
    case '.npy': {
      const { decodeNpy } = await import('./npy.ts');
      return decodeNpy(await readBoundedFile(path, 'input file'));
    }
    case '.pb':
      return readTensorProto(path, type);
    default: {
      const bytes = await readBoundedFile(path, 'input file');
      const expected = byteSize(type);
      if (bytes.length !== expected) {
        const needs = `The input, ${formatTensorShape(type)}, takes ${expected} bytes`;
        fail('I8C0402', `${needs}; the file has ${bytes.length}.`);
      }
      return { element: type.element, shape: type.shape, bytes };
    }
  }
}
