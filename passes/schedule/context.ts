// What a schedule may ask for while it turns a lowering into a kernel.
import type { Buffer } from '../../ir/loops/types.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import type { ElementType } from '../../ir/types.ts';

export interface ScheduleContext {
  /** The contents of a buffer that is constant. */
  contents(buffer: Buffer): TensorArray | undefined;
  /** A constant that the schedule makes: packed weights, folded biases. */
  constant(name: string, element: ElementType, data: TensorArray, packing?: string): Buffer;
  /** Working memory of `length` elements for the time of the kernel. */
  scratch(name: string, element: ElementType, length: number): Buffer;
}
