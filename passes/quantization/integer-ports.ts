// integer-ports: inputs that are only quantized and outputs that were just dequantized become integers themselves, as in
// the networks that TensorFlow Lite's converter writes for microcontrollers. What they stand for is in their types.
import { type Func, Value } from '../../ir/module.ts';
import { dequantize } from '../../ir/ops/dequantize.ts';
import { quantize } from '../../ir/ops/quantize.ts';
import { sameType } from '../../ir/types.ts';

/** Rewrites the function in place; ports that are used as floats stay as they are. */
export function integerPorts(func: Func): void {
  for (const port of func.inputs) {
    const users = [...port.value.users];
    const [first] = users;
    const isQuantized = users.every(
      (op) => op.definition === quantize && sameType(op.result.type, users[0]!.result.type),
    );
    if (first === undefined || !isQuantized || func.isReturned(port.value)) continue;
    const value = new Value(first.result.type, func.freshName(`${port.value.name}_q`));
    for (const op of users) func.replaceAllUses(op.result, value);
    const dead = new Set(users);
    for (const op of users) op.detach();
    func.ops = func.ops.filter((op) => !dead.has(op));
    port.value = value;
  }
  for (const port of func.outputs) {
    const { producer } = port.value;
    if (producer?.definition === dequantize) port.value = producer.operand(0);
  }
}
