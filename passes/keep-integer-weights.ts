// keep-integer-weights: linear operators on f32 read constant integer weights as they are stored.
//
// before:  %v = dequantize %k ; %y = conv2d %x, %v, %b
// after:   %y = conv2d %x, %k, %b              with %k : tensor<...xi8, quant<axis=0, scale=[...], zero=[0, ...]>>
//
// Folded into f32 constants they would take four times the flash. Hybrid TFLite models and ONNX models whose weights
// alone are quantized say it the first way. The operator multiplies its sums by the scales, where dequantize multiplies
// each weight, so that results may differ in the last bits. What the operator's own rule refuses (zero points, scales
// along another axis) stays.
import { RuleViolation } from '../ir/define-op.ts';
import type { Func, Op, Value } from '../ir/module.ts';
import { constant } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

export const keepIntegerWeights: Pass = {
  name: 'keep-integer-weights',
  run(func) {
    const constants = constantValues(func);
    return rewrite(func, (op, builder) => {
      const { linear } = op.definition;
      const stored = linear && storedIntegers(op, linear.weights, constants);
      if (linear === undefined || stored === undefined) return undefined;
      const operands = op.operands.with(linear.weights, stored);
      try {
        return [builder.create(op.definition, operands, op.attributes, op.result.type, op.result.name)];
      } catch (error) {
        if (error instanceof RuleViolation) return undefined;
        throw error;
      }
    });
  },
};

/** The constant integers behind an operand; undefined where it is not dequantized from such. */
function storedIntegers(op: Op, i: number, constants: ReadonlySet<Value>): Value | undefined {
  const { producer } = op.operand(i);
  if (op.operands[0]?.type.element !== 'f32' || producer?.definition !== dequantize) return undefined;
  const stored = producer.operand(0);
  return constants.has(stored) && stored.type.quant !== undefined ? stored : undefined;
}

/** What is computed from constants alone. */
function constantValues(func: Func): ReadonlySet<Value> {
  const found = new Set<Value>();
  for (const op of func.ops) {
    const isConstant = op.operands.length > 0 && op.operands.every((v) => v === undefined || found.has(v));
    if (isConstant || op.definition === constant) for (const result of op.results) found.add(result);
  }
  return found;
}
