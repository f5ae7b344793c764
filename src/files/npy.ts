// Reads and writes arrays in NumPy's .npy format, versions 1.0 to 3.0
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): magic, version, the length of a header, the
// header as a Python dictionary, the elements.
import { fail } from '../../ir/diagnostics.ts';
import { bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { bytesPerElement, type ElementType, stridesOf } from '../../ir/types.ts';
import { bytesPerFileElement, checkedCount, type FileElement, type FileTensor } from './file-tensor.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy's type codes, without the byte order. */
const elementOfCode: ReadonlyMap<string, FileElement> = new Map([
  ['b1', 'bool'],
  ['i1', 'i8'],
  ['u1', 'u8'],
  ['i2', 'i16'],
  ['u2', 'u16'],
  ['i4', 'i32'],
  ['u4', 'u32'],
  ['i8', 'i64'],
  ['u8', 'u64'],
  ['f2', 'f16'],
  ['f4', 'f32'],
  ['f8', 'f64'],
]);

const codeOfElement: Record<ElementType, string> = {
  bool: 'b1',
  i4: 'i1',
  i8: 'i1',
  u8: 'u1',
  i16: 'i2',
  i32: 'i4',
  i64: 'i8',
  f16: 'f2',
  f32: 'f4',
};

function damaged(what: string): never {
  return fail('I8C0002', `The .npy file is damaged: ${what}.`, { hint: 'Write it again with numpy.save.' });
}

/** The array as the bytes of a .npy file: version 1.0, C order, little-endian. */
export function encodeNpy(element: ElementType, data: TensorArray, shape: readonly number[]): Uint8Array {
  const order = bytesPerElement(element) === 1 ? '|' : '<';
  // A shape of one dimension is a Python tuple too, which wants its comma.
  const tuple = shape.map((extent) => `${extent},`).join(' ');
  const dictionary = `{'descr': '${order}${codeOfElement[element]}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // Magic, version and header length take 10 bytes; the header ends in a newline at a multiple of 64.
  const headerBytes = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const file = new Uint8Array(headerBytes + data.byteLength);
  file.set(magic);
  file[6] = 1;
  new DataView(file.buffer).setUint16(8, headerBytes - 10, true);
  file.set(new TextEncoder().encode(`${dictionary.padEnd(headerBytes - 11, ' ')}\n`), 10);
  file.set(bytesOf(data), headerBytes);
  return file;
}

interface Header {
  /** Byte order and type code, as in `<f4`. */
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** What the start of a .npy file says about its elements. */
export interface NpyHeader extends Header {
  readonly element: FileElement;
  readonly bigEndian: boolean;
  /** Where the elements begin, in bytes from the start of the file. */
  readonly dataOffset: number;
}

/** The start of a file of this many bytes holds every header that {@link decodeNpyHeader} takes. */
export const npyHeaderBytes = 12 + 10_000;

/** Reads the bytes of a .npy file. Throws CompileError I8C0002 where they are damaged, I8C0402 for types that are no numbers. */
export function decodeNpy(file: Uint8Array): FileTensor {
  const header = decodeNpyHeader(file, file.length);
  // A copy of its own: the caller's bytes stay as they are, and elements are aligned.
  const bytes = file.slice(header.dataOffset);
  return { element: header.element, shape: header.shape, bytes: rowMajorElements(header, header.shape, bytes) };
}

/**
 * Elements as they stand in the file, brought to row-major, little-endian order; `bytes` may be changed. They are all of
 * the file's, or consecutive ones of an array that is not in Fortran order.
 */
export function rowMajorElements(header: NpyHeader, shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const size = bytesPerFileElement(header.element);
  if (header.bigEndian) swapBytes(bytes, size);
  return header.fortran ? toRowMajor(bytes, shape, size) : bytes;
}

/**
 * Reads the header at the start of a .npy file of `fileBytes` bytes, and holds it against that size. Throws as
 * {@link decodeNpy} does.
 */
export function decodeNpyHeader(file: Uint8Array, fileBytes: number): NpyHeader {
  if (!magic.every((byte, i) => file[i] === byte)) damaged('it does not start with the bytes of an .npy file');
  const [major, lengthBytes] = [file[6], file[6] === 1 ? 2 : 4];
  if (major === undefined || major < 1 || major > 3) {
    fail('I8C0003', `The .npy file has version ${major ?? '?'}; int8c reads versions 1 to 3.`);
  }
  const start = 8 + lengthBytes;
  if (file.length < start) damaged('it ends before its header');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > fileBytes - start) damaged('it ends inside its header');
  const header = parseHeader(new TextDecoder().decode(file.subarray(start, start + length)));
  const { element, bigEndian } = elementOf(header.descr);
  const count = checkedCount(header.shape);
  const size = bytesPerFileElement(element);
  const found = fileBytes - start - length;
  if (count === undefined || count * size !== found) {
    const needs = `${header.descr} [${header.shape.join(', ')}] needs`;
    damaged(
      `${needs} ${count === undefined ? 'more bytes than any file has' : `${count * size} bytes`}, it has ${found}`,
    );
  }
  return { ...header, element, bigEndian, dataOffset: start + length };
}

/** Headers longer than this are no header: NumPy's own loader stops at 10000 characters too. */
const maxHeader = npyHeaderBytes - 12;

const entry = /\s*'(descr|fortran_order|shape)'\s*:\s*('[^'\\]*'|True|False|\([\dL,\s]*\))\s*(?:,|(?=\}))/y;

function parseHeader(text: string): Header {
  const what = `its header is ${JSON.stringify(text.slice(0, 80))}`;
  if (text.length > maxHeader || !text.startsWith('{')) damaged(what);
  const entries = new Map<string, string>();
  entry.lastIndex = 1;
  let end = 1;
  for (let match = entry.exec(text); match !== null; match = entry.exec(text)) {
    const [, key = '', value = ''] = match;
    if (entries.has(key)) damaged(what);
    entries.set(key, value);
    end = entry.lastIndex;
  }
  const [descr, order, shape] = [entries.get('descr'), entries.get('fortran_order'), entries.get('shape')];
  if (/'descr'\s*:\s*\[/.test(text)) fail('I8C0402', 'The .npy file holds records, not numbers.');
  if (!/^\s*\}\s*$/.test(text.slice(end)) || !descr?.startsWith("'") || !shape?.startsWith('(')) damaged(what);
  if (order !== 'True' && order !== 'False') damaged(what);
  return { descr: descr.slice(1, -1), fortran: order === 'True', shape: parseShape(shape) ?? damaged(what) };
}

/** `(2, 3)`, `(2,)` or `()`; numbers may carry the L that Python 2 wrote. Undefined where it is no tuple of numbers. */
function parseShape(tuple: string): number[] | undefined {
  const inner = tuple.slice(1, -1).trim().replace(/,$/, '');
  if (inner === '') return [];
  const extents = inner.split(',').map((part) => part.trim());
  return extents.every((e) => /^\d+L?$/.test(e)) ? extents.map((e) => Number.parseInt(e, 10)) : undefined;
}

function elementOf(descr: string): { element: FileElement; bigEndian: boolean } {
  const element = elementOfCode.get(descr.slice(1));
  if (element === undefined || !'<>|='.includes(descr[0] ?? '')) {
    fail(
      'I8C0402',
      `The .npy file has elements of type ${JSON.stringify(descr.slice(0, 40))}, which no program takes.`,
      {
        hint: 'Convert it with .astype, for example to numpy.float32 or numpy.int8.',
      },
    );
  }
  return { element, bigEndian: descr.startsWith('>') };
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** Elements from column-major (first index fastest) to row-major order. */
function toRowMajor(bytes: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  const count = bytes.length / size;
  const strides = stridesOf(shape);
  const index = shape.map(() => 0);
  for (let from = 0; from < count; from++) {
    let to = 0;
    for (let d = 0; d < index.length; d++) to += index[d]! * strides[d]!;
    result.set(bytes.subarray(from * size, from * size + size), to * size);
    // The next index, the first one fastest.
    for (let d = 0; d < index.length && ++index[d]! === shape[d]; d++) index[d] = 0;
  }
  return result;
}
