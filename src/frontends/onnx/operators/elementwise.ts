// Rows of functions of one tensor, element by element: arithmetic, activations, tests.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import type { AnyOpDefinition, Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { clamp } from '../../../../ir/ops/clamp.ts';
import { equal, greater, less, notEqual } from '../../../../ir/ops/comparison.ts';
import { constantOf } from '../../../../ir/ops/constant.ts';
import { div } from '../../../../ir/ops/div.ts';
import { ceil, cos, erf, exp, floor, log, round, sin, sqrt } from '../../../../ir/ops/elementary.ts';
import { elu } from '../../../../ir/ops/elu.ts';
import { gelu } from '../../../../ir/ops/gelu.ts';
import { hardSwish } from '../../../../ir/ops/hard-swish.ts';
import { leakyRelu } from '../../../../ir/ops/leaky-relu.ts';
import { logicalAnd, logicalNot, logicalOr } from '../../../../ir/ops/logical.ts';
import { logistic, tanh } from '../../../../ir/ops/logistic.ts';
import { maximum, minimum } from '../../../../ir/ops/maximum.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { select } from '../../../../ir/ops/select.ts';
import { abs, neg, sign } from '../../../../ir/ops/sign.ts';
import { acos, acosh, asin, asinh, atan, atanh, cosh, sinh, tan } from '../../../../ir/ops/trigonometry.ts';
import { dataTypeName, elementMapping } from '../element-types.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';

const unary =
  (definition: AnyOpDefinition): Row =>
  (op) =>
    op.emit(definition, [op.input(0)]);

export const elementwiseRows: Rows = {
  Abs: unary(abs),
  Acos: unary(acos),
  Acosh: unary(acosh),
  Asin: unary(asin),
  Asinh: unary(asinh),
  Atan: unary(atan),
  Atanh: unary(atanh),
  Ceil: unary(ceil),
  Cos: unary(cos),
  Cosh: unary(cosh),
  Erf: unary(erf),
  Exp: unary(exp),
  Floor: unary(floor),
  Log: unary(log),
  Neg: unary(neg),
  Not: unary(logicalNot),
  Reciprocal: (op) => op.emit(div, [op.scalar('f32', 1), op.input(0)]),
  Round: unary(round),
  Sigmoid: unary(logistic),
  Sign: unary(sign),
  Sin: unary(sin),
  Sinh: unary(sinh),
  Sqrt: unary(sqrt),
  Tan: unary(tan),
  Tanh: unary(tanh),

  Relu: (op) => limited(op, op.input(0), 0, undefined),
  LeakyRelu: (op) => op.emit(leakyRelu, [op.input(0)], { alpha: op.float('alpha', Math.fround(0.01)) }),
  Elu: (op) => op.emit(elu, [op.input(0)], { alpha: op.float('alpha', 1) }),
  Gelu: (op) => op.emit(gelu, [op.input(0)], { approximate: op.string('approximate', 'none') === 'tanh' }),
  HardSwish: unary(hardSwish),
  HardSigmoid(op) {
    const scaled = op.emit(mul, [op.input(0), op.scalar('f32', op.float('alpha', Math.fround(0.2)))]);
    return op.emit(add, [scaled, op.scalar('f32', op.float('beta', 0.5))], { clamp: [0, 1] });
  },
  Celu(op) {
    // max(0, x) + min(0, alpha * (exp(x / alpha) - 1)), which is alpha * elu(x / alpha).
    const alpha = op.scalar('f32', op.float('alpha', 1));
    return op.emit(mul, [op.emit(elu, [op.emit(div, [op.input(0), alpha])]), alpha]);
  },
  Selu(op) {
    const alpha = op.float('alpha', 1.6732632);
    const gamma = op.scalar('f32', op.float('gamma', 1.050701));
    return op.emit(mul, [op.emit(elu, [op.input(0)], { alpha }), gamma]);
  },
  ThresholdedRelu(op) {
    const x = op.input(0);
    const above = op.emit(greater, [x, op.scalar('f32', op.float('alpha', 1))]);
    return op.emit(select, [above, x, op.scalar('f32', 0)]);
  },
  Softplus: (op) => softplus(op, op.input(0)),
  Softsign(op) {
    const x = op.input(0);
    return op.emit(div, [x, op.emit(add, [op.emit(abs, [x]), op.scalar('f32', 1)])]);
  },
  Mish(op) {
    const x = op.input(0);
    return op.emit(mul, [x, op.emit(tanh, [softplus(op, x)])]);
  },
  Swish: (op) => swish(op, op.input(0)),
  SwiGLU: (op) => op.emit(mul, [swish(op, op.input(0)), op.input(1)]),
  Shrink(op) {
    const x = op.input(0);
    const [bias, limit] = [op.scalar('f32', op.float('bias', 0)), op.float('lambd', 0.5)];
    const below = op.emit(less, [x, op.scalar('f32', -limit)]);
    const above = op.emit(greater, [x, op.scalar('f32', limit)]);
    const rest = op.emit(select, [above, op.emit(sub, [x, bias]), op.scalar('f32', 0)]);
    return op.emit(select, [below, op.emit(add, [x, bias]), rest]);
  },
  Clip(op) {
    if (op.opset < 11) return limited(op, op.input(0), op.float('min', -Infinity), op.float('max', Infinity));
    const [low, high] = [op.optional(1), op.optional(2)];
    const known = [constantBound(low, -Infinity), constantBound(high, Infinity)] as const;
    if (known[0] !== undefined && known[1] !== undefined && known[0] <= known[1]) {
      return limited(op, op.input(0), known[0], known[1]);
    }
    // Bounds may be computed, and may cross: then all is the upper one.
    let y = op.input(0);
    if (low !== undefined) y = op.emit(maximum, [y, low]);
    if (high !== undefined) y = op.emit(minimum, [y, high]);
    return y;
  },

  IsNaN: (op) => op.emit(notEqual, [op.input(0), op.input(0)]),
  IsInf(op) {
    const x = op.input(0);
    const is = (limit: number) => op.emit(equal, [x, op.scalar('f32', limit)]);
    const [up, down] = [op.flag('detect_positive', true), op.flag('detect_negative', true)];
    if (up && down) return op.emit(logicalOr, [is(Infinity), is(-Infinity)]);
    if (up || down) return is(up ? Infinity : -Infinity);
    return op.emit(logicalAnd, [is(Infinity), is(-Infinity)]);
  },

  Cast: (op) => converted(op, op.input(0), op.int('to')),
  CastLike: (op) => op.emit(cast, [op.input(0)], { to: op.input(1).type.element }),
  // A sum of outputs of a training graph: at inference nothing is dropped.
  Dropout(op) {
    const x = op.input(0);
    if (op.opset >= 12 && op.has(2) && op.constant(2, 'training mode').data[0]) {
      return op.unsupported('Dropout in training mode draws random numbers.', 'Export the model for inference.');
    }
    return op.wants(1) ? [x, op.filled('bool', x.type.shape, 1)] : x;
  },
};

/** A bound of Clip that is a constant f32 number; `absent` where there is none. */
function constantBound(bound: Value | undefined, absent: number): number | undefined {
  if (bound === undefined) return absent;
  const known = constantOf(bound);
  return known?.data instanceof Float32Array && known.data.length === 1 ? known.data[0] : undefined;
}

/** x * logistic(alpha * x). */
function swish(op: NodeContext, x: Value): Value {
  const alpha = op.float('alpha', 1);
  const scaled = alpha === 1 ? x : op.emit(mul, [x, op.scalar('f32', alpha)]);
  return op.emit(mul, [x, op.emit(logistic, [scaled])]);
}

/** log(1 + exp(x)), in the form that neither overflows nor cancels: max(x, 0) + log(1 + exp(-|x|)). */
export function softplus(op: NodeContext, x: Value): Value {
  const small = op.emit(exp, [op.emit(neg, [op.emit(abs, [x])])]);
  const rest = op.emit(log, [op.emit(add, [small, op.scalar('f32', 1)])]);
  return op.emit(add, [limited(op, x, 0, undefined), rest]);
}

/** x between bounds of its own type. */
function limited(op: NodeContext, x: Value, low: number | undefined, high: number | undefined): Value {
  const { element } = x.type;
  if (element === 'f32') return op.emit(clamp, [x], { min: low ?? -Infinity, max: high ?? Infinity });
  let y = x;
  if (low !== undefined && low !== -Infinity) y = op.emit(maximum, [y, op.scalar(element, low)]);
  if (high !== undefined && high !== Infinity) y = op.emit(minimum, [y, op.scalar(element, high)]);
  return y;
}

function converted(op: NodeContext, x: Value, dataType: number): Value {
  const mapping = elementMapping(dataType);
  if (mapping === undefined) return op.fail('I8C0202', `It converts to ${dataTypeName(dataType)}.`);
  return mapping.element === x.type.element ? x : op.emit(cast, [x], { to: mapping.element });
}
