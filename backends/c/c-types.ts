// How the types of the loop IR are called in C.
import type { Lane } from '../../ir/loops/types.ts';
import type { ElementType } from '../../ir/types.ts';

/** The C type of one element in memory. bool is a byte that holds 0 or 1; f16 is its bits. */
export function elementType(element: ElementType): string {
  return elements[element];
}

const elements: Record<ElementType, string> = {
  f32: 'float',
  f16: 'uint16_t',
  i4: 'int8_t',
  i8: 'int8_t',
  u8: 'uint8_t',
  i16: 'int16_t',
  i32: 'int32_t',
  i64: 'int64_t',
  bool: 'uint8_t',
};

/** The C type of a scalar or of one lane of a vector. */
export function laneType(lane: Lane): string {
  return lane === 'bool' ? 'bool' : elements[lane];
}
