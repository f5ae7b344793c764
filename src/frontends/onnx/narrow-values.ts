// What the importer knows of integers whose ONNX type the IR does not have: uint16, which is in i32, int4 in i8 and uint4
// in u8. Their types say too much: quantization saturates at the ends of ONNX's type.
import type { Value } from '../../../ir/module.ts';
import { constantOf } from '../../../ir/ops/constant.ts';
import type { TensorData } from '../../../ir/tensor-data.ts';
import { elementMapping, type IntegerRange } from './element-types.ts';

export class NarrowValues {
  private readonly ranges = new WeakMap<Value | TensorData, IntegerRange>();
  private readonly halves = new WeakMap<Value, Value>();

  /** Notes the ONNX type of a value, or of a constant's contents. */
  note(value: Value | TensorData, dataType: number): void {
    const range = elementMapping(dataType)?.range;
    if (range !== undefined) this.ranges.set(value, range);
  }

  /** The integers that a value can be, where its element type has more. */
  rangeOf(value: Value): IntegerRange | undefined {
    const contents = constantOf(value);
    return this.ranges.get(value) ?? (contents && this.ranges.get(contents));
  }

  noteRange(value: Value, range: IntegerRange): void {
    this.ranges.set(value, range);
  }

  /** Notes the quantized i16 tensor that a uint16 one is, 32768 less each: the IR computes with those. */
  noteHalf(value: Value, half: Value): void {
    this.halves.set(value, half);
  }

  halfOf(value: Value): Value | undefined {
    return this.halves.get(value);
  }
}
