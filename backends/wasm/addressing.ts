// Addresses of buffers' elements. A load or store of WebAssembly adds a constant to its address for free, without
// wrapping at 32 bits; constants of an index go there where the interval of the rest shows that this is the same.
import { constantValue } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { Range } from '../../ir/loops/range-rules.ts';
import type { Expression, FunctionCode, Piece } from './function-code.ts';

/** Where a buffer begins: an address known at compile time, or a parameter of the function. */
export type Base = number | Piece;

export interface Address {
  readonly pointer: Expression;
  readonly offset: number;
}

/** An index as a value (none: 0) plus a constant. */
interface SplitIndex {
  readonly rest: LoopValue | undefined;
  readonly constant: number;
}

function splitIndex(index: LoopValue): SplitIndex {
  let rest = index;
  let constant = 0;
  for (;;) {
    const known = constantValue(rest);
    if (known !== undefined) return { rest: undefined, constant: constant + Number(known) };
    const definition = rest.definition;
    if (definition?.kind !== 'compute') return { rest, constant };
    const [a, b] = definition.operands;
    const [left, right] = [a, b].map((v) => v && constantValue(v));
    if (definition.opcode === 'add' && right !== undefined) [rest, constant] = [a!, constant + Number(right)];
    else if (definition.opcode === 'add' && left !== undefined) [rest, constant] = [b!, constant + Number(left)];
    else if (definition.opcode === 'sub' && right !== undefined) [rest, constant] = [a!, constant - Number(right)];
    else return { rest, constant };
  }
}

/** Addresses stay below this, and so do products of indices and sizes that are computed without wrapping. */
export const addressLimit = 2 ** 31;

/**
 * The address of `buffer[index]` for elements of `size` bytes. The index is inside of its buffer, so that the address as a
 * whole is below {@link addressLimit}.
 */
export function addressOf(
  { module: m }: FunctionCode,
  base: Base,
  index: LoopValue,
  size: number,
  read: (v: LoopValue) => Expression,
  rangeOf: (v: LoopValue) => Range,
): Address {
  const { rest, constant } = splitIndex(index);
  const add = (a: Expression, b: Expression) => m.i32.add(a, b);
  const bytes = constant * size;
  if (rest === undefined) {
    if (typeof base === 'number') return { pointer: m.i32.const(0), offset: base + bytes };
    return { pointer: base(), offset: bytes };
  }
  const scaled = size === 1 ? read(rest) : m.i32.shl(read(rest), m.i32.const(Math.log2(size)));
  const range = rangeOf(rest);
  const plain = range.min >= 0 && range.max * size < addressLimit && Math.abs(constant) < addressLimit;
  if (typeof base === 'number') {
    if (plain && base + bytes >= 0) return { pointer: scaled, offset: base + bytes };
    return { pointer: add(scaled, m.i32.const((base + bytes) | 0)), offset: 0 };
  }
  if (plain && bytes >= 0) return { pointer: add(base(), scaled), offset: bytes };
  return { pointer: add(add(base(), scaled), m.i32.const(bytes | 0)), offset: 0 };
}
