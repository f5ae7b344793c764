// Writers of operators that go element by element, in whatever order of dimensions their operands lie.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import type { AnyOpDefinition } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { clamp } from '../../../../ir/ops/clamp.ts';
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from '../../../../ir/ops/comparison.ts';
import { div } from '../../../../ir/ops/div.ts';
import { ceil, cos, erf, exp, floor, log, round, sin, sqrt } from '../../../../ir/ops/elementary.ts';
import { elu } from '../../../../ir/ops/elu.ts';
import { gelu } from '../../../../ir/ops/gelu.ts';
import { hardSwish } from '../../../../ir/ops/hard-swish.ts';
import { leakyRelu } from '../../../../ir/ops/leaky-relu.ts';
import { logicalAnd, logicalNot, logicalOr, logicalXor } from '../../../../ir/ops/logical.ts';
import { logistic, tanh } from '../../../../ir/ops/logistic.ts';
import { maximum, minimum } from '../../../../ir/ops/maximum.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { pow } from '../../../../ir/ops/pow.ts';
import { prelu } from '../../../../ir/ops/prelu.ts';
import { rsqrt } from '../../../../ir/ops/rsqrt.ts';
import { select } from '../../../../ir/ops/select.ts';
import { abs, neg, sign, square } from '../../../../ir/ops/sign.ts';
import { squaredDifference } from '../../../../ir/ops/squared-difference.ts';
import { acos, acosh, asin, asinh, atan, atanh, cosh, sinh, tan } from '../../../../ir/ops/trigonometry.ts';
import { float, int, text } from '../attributes.ts';
import { dataTypeOf } from '../element-types.ts';
import { form, type OnnxContext, type OnnxForm, type OnnxForms } from '../form.ts';

type Row = readonly [AnyOpDefinition, OnnxForm];

/** A function that ONNX has under a name of its own. */
const same = (definition: AnyOpDefinition, opType: string): Row => [definition, (c) => put(c, opType)];

function put(c: OnnxContext, opType: string): void {
  const { names, perm } = c.aligned();
  c.put(c.node(opType, names), perm);
}

/** Arithmetic on two operands with a fused activation. */
const arithmetic = (definition: typeof add, opType: string): Row =>
  form(definition, (c, attributes) => {
    const { names, perm } = c.aligned();
    c.put(c.clamped(c.node(opType, names), attributes.clamp), perm);
  });

/** The first operator set with Gelu. */
const opsetWithGelu = 20;

export const elementwiseForms: OnnxForms = [
  arithmetic(add, 'Add'),
  arithmetic(sub, 'Sub'),
  arithmetic(mul, 'Mul'),
  arithmetic(div, 'Div'),
  arithmetic(maximum, 'Max'),
  arithmetic(minimum, 'Min'),
  arithmetic(pow, 'Pow'),
  form(squaredDifference, (c, attributes) => {
    const { names, perm } = c.aligned();
    const difference = c.node('Sub', names);
    c.put(c.clamped(c.node('Mul', [difference, difference]), attributes.clamp), perm);
  }),

  same(abs, 'Abs'),
  same(acos, 'Acos'),
  same(acosh, 'Acosh'),
  same(asin, 'Asin'),
  same(asinh, 'Asinh'),
  same(atan, 'Atan'),
  same(atanh, 'Atanh'),
  same(ceil, 'Ceil'),
  same(cos, 'Cos'),
  same(cosh, 'Cosh'),
  same(erf, 'Erf'),
  same(exp, 'Exp'),
  same(floor, 'Floor'),
  same(log, 'Log'),
  same(neg, 'Neg'),
  same(round, 'Round'),
  same(sign, 'Sign'),
  same(sin, 'Sin'),
  same(sinh, 'Sinh'),
  same(sqrt, 'Sqrt'),
  same(tan, 'Tan'),
  same(tanh, 'Tanh'),
  same(logistic, 'Sigmoid'),
  same(hardSwish, 'HardSwish'),
  same(prelu, 'PRelu'),
  same(select, 'Where'),
  same(equal, 'Equal'),
  same(greater, 'Greater'),
  same(greaterEqual, 'GreaterOrEqual'),
  same(less, 'Less'),
  same(lessEqual, 'LessOrEqual'),
  same(logicalAnd, 'And'),
  same(logicalNot, 'Not'),
  same(logicalOr, 'Or'),
  same(logicalXor, 'Xor'),
  form(notEqual, (c) => {
    const { names, perm } = c.aligned();
    c.put(c.node('Not', [c.node('Equal', names)]), perm);
  }),
  form(square, (c) => {
    const x = c.real(0, c.order(0));
    c.put(c.node('Mul', [x, x]), c.order(0));
  }),
  form(rsqrt, (c) => c.put(c.node('Reciprocal', [c.node('Sqrt', [c.real(0, c.order(0))])]), c.order(0))),
  form(clamp, (c, { min, max }) => c.put(c.clamped(c.real(0, c.order(0)), [min, max]), c.order(0))),
  form(elu, (c, { alpha }) => {
    c.put(c.node('Elu', [c.real(0, c.order(0))], { alpha: float(alpha) }), c.order(0));
  }),
  form(leakyRelu, (c, { alpha }) => {
    c.put(c.node('LeakyRelu', [c.real(0, c.order(0))], { alpha: float(alpha) }), c.order(0));
  }),
  form(gelu, (c, { approximate }) => {
    c.graph.needsOpset(opsetWithGelu);
    const attributes = { approximate: text(approximate ? 'tanh' : 'none') };
    c.put(c.node('Gelu', [c.real(0, c.order(0))], attributes), c.order(0));
  }),
  form(cast, (c) => {
    // Conversion of stored integers: what they stand for does not count.
    const stored = c.tensors.stored(c.op.operand(0), c.order(0));
    const to = int(dataTypeOf(c.resultType.element));
    c.tensors.setStored(c.op.result, c.node('Cast', [stored], { to }), c.order(0));
  }),
];
