// Loads and stores. Vectors shorter than 128 bits go through the instructions that load a part and repeat it, and that
// store one lane of their whole size.
import type { ElementType } from '../../ir/types.ts';
import { bytesPerElement } from '../../ir/types.ts';
import type { Address } from './addressing.ts';
import type { Expression, FunctionCode } from './function-code.ts';
import type { Register } from './register.ts';
import { type Shape, vectorBits } from './shape.ts';

/** Makes the address of the access anew, `bytes` further on. */
export type AddressAt = (bytes: number) => Address;

/** Alignment promised by an instruction of this many bytes: no instruction can promise more than its size. */
const aligned = (align: number, bytes: number) => Math.min(align, bytes);

function loadElement({ module: m }: FunctionCode, element: ElementType, at: Address, align: number): Expression {
  const { offset, pointer } = at;
  switch (element) {
    case 'f32':
      return m.f32.load(offset, aligned(align, 4), pointer);
    case 'i64':
      return m.i64.load(offset, aligned(align, 8), pointer);
    case 'i32':
      return m.i32.load(offset, aligned(align, 4), pointer);
    case 'i16':
      return m.i32.load16_s(offset, aligned(align, 2), pointer);
    case 'f16':
      return m.i32.load16_u(offset, aligned(align, 2), pointer);
    case 'u8':
    case 'bool':
      return m.i32.load8_u(offset, 1, pointer);
    case 'i8':
    case 'i4':
      return m.i32.load8_s(offset, 1, pointer);
  }
}

function storeElement(
  { module: m }: FunctionCode,
  element: ElementType,
  at: Address,
  align: number,
  value: Expression,
): Expression {
  const { offset, pointer } = at;
  switch (element) {
    case 'f32':
      return m.f32.store(offset, aligned(align, 4), pointer, value);
    case 'i64':
      return m.i64.store(offset, aligned(align, 8), pointer, value);
    case 'i32':
      return m.i32.store(offset, aligned(align, 4), pointer, value);
    case 'i16':
    case 'f16':
      return m.i32.store16(offset, aligned(align, 2), pointer, value);
    default:
      return m.i32.store8(offset, 1, pointer, value);
  }
}

/** Loads `bytes` bytes into the low lanes of a v128 value; fewer than 16 are repeated above them. */
function loadVector({ module: m }: FunctionCode, bytes: number, at: Address, align: number): Expression {
  const { offset, pointer } = at;
  if (bytes >= 16) return m.v128.load(offset, aligned(align, 16), pointer);
  if (bytes === 8) return m.v128.load64_splat(offset, aligned(align, 8), pointer);
  if (bytes === 4) return m.v128.load32_splat(offset, aligned(align, 4), pointer);
  return m.v128.load16_splat(offset, aligned(align, 2), pointer);
}

function storeVector(
  { module: m }: FunctionCode,
  bytes: number,
  at: Address,
  align: number,
  value: Expression,
): Expression {
  const { offset, pointer } = at;
  if (bytes >= 16) return m.v128.store(offset, aligned(align, 16), pointer, value);
  if (bytes === 8) return m.v128.store64_lane(offset, aligned(align, 8), 0, pointer, value);
  if (bytes === 4) return m.v128.store32_lane(offset, aligned(align, 4), 0, pointer, value);
  return m.v128.store16_lane(offset, aligned(align, 2), 0, pointer, value);
}

/** Bytes of each piece of a packed register that hold lanes. */
export function pieceBytes(shape: Shape): number {
  return Math.min(vectorBits, shape.lanes * shape.bits) / 8;
}

/**
 * Eight bytes at a time, each integer extended to twice its width: lanes of `bits` bits in memory. The values of a
 * register with lanes twice as wide.
 */
export function spellExtendingLoad(
  { module: m }: FunctionCode,
  bits: 8 | 16 | 32,
  signed: boolean,
  pieces: number,
  at: AddressAt,
  align: number,
): readonly Expression[] {
  const name = { 8: 'load8x8', 16: 'load16x4', 32: 'load32x2' } as const;
  return Array.from({ length: pieces }, (_, p) => {
    const { offset, pointer } = at(8 * p);
    const load = `${name[bits]}_${signed ? 's' : 'u'}` as const;
    return m.v128[load](offset, aligned(align, 8), pointer);
  });
}

/** The values of a register of this shape, loaded from consecutive elements. */
export function spellLoad(
  code: FunctionCode,
  element: ElementType,
  shape: Shape,
  at: AddressAt,
  align: number,
): readonly Expression[] {
  if (!shape.packed) {
    const size = bytesPerElement(element);
    return Array.from({ length: shape.lanes }, (_, l) =>
      loadElement(code, element, at(l * size), l === 0 ? align : Math.min(align, size)),
    );
  }
  const bytes = pieceBytes(shape);
  return Array.from({ length: shape.pieces }, (_, p) => loadVector(code, bytes, at(p * bytes), align));
}

/** Stores a register to consecutive elements; scalars keep their low bits. */
export function spellStore(
  code: FunctionCode,
  element: ElementType,
  register: Register,
  at: AddressAt,
  align: number,
): void {
  const { shape, pieces } = register;
  if (!shape.packed) {
    const size = bytesPerElement(element);
    pieces.forEach((p, l) => {
      code.add(storeElement(code, element, at(l * size), l === 0 ? align : Math.min(align, size), p()));
    });
    return;
  }
  const bytes = pieceBytes(shape);
  pieces.forEach((piece, p) => {
    code.add(storeVector(code, bytes, at(p * bytes), align, piece()));
  });
}
