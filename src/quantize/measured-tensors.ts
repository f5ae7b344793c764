// By which tensors a quantized network is held against the float one.
import type { Func, Value } from '../../ir/module.ts';
import { dequantize } from '../../ir/ops/dequantize.ts';
import { quantize } from '../../ir/ops/quantize.ts';

/**
 * The f32 outputs, and of probabilities that a softmax gives also the numbers that go into it: of most samples the
 * probabilities say little.
 */
export function measuredTensors(func: Func): Value[] {
  return func.outputs
    .filter(({ value }) => value.type.element === 'f32')
    .flatMap(({ value }) => {
      const { producer } = value;
      return producer?.definition.resultRange?.('even', 'i8') === undefined ? [value] : [producer.operand(0), value];
    });
}

/** What users of a value get: behind the quantization and back, where there is one. */
export function passedOn(value: Value): Value {
  const [only] = value.users;
  if (only?.definition !== quantize) return value;
  const [back] = only.result.users;
  return back?.definition === dequantize ? back.result : value;
}
