// Writers of operators that go element by element. Sources: TensorFlow Lite kernels/elementwise.cc, activations.cc, add.cc,
// mul.cc, comparisons.cc and their like, which say what element types they take.
import type { AnyOpDefinition } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { clamp } from '../../../../ir/ops/clamp.ts';
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from '../../../../ir/ops/comparison.ts';
import { div } from '../../../../ir/ops/div.ts';
import { ceil, cos, exp, floor, log, round, sin, sqrt } from '../../../../ir/ops/elementary.ts';
import { elu } from '../../../../ir/ops/elu.ts';
import { floorDiv, floorMod } from '../../../../ir/ops/floor-div.ts';
import { gelu } from '../../../../ir/ops/gelu.ts';
import { hardSwish } from '../../../../ir/ops/hard-swish.ts';
import { leakyRelu } from '../../../../ir/ops/leaky-relu.ts';
import { logicalAnd, logicalNot, logicalOr } from '../../../../ir/ops/logical.ts';
import { logistic, tanh } from '../../../../ir/ops/logistic.ts';
import { maximum, minimum } from '../../../../ir/ops/maximum.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { pow } from '../../../../ir/ops/pow.ts';
import { prelu } from '../../../../ir/ops/prelu.ts';
import { rsqrt } from '../../../../ir/ops/rsqrt.ts';
import { select } from '../../../../ir/ops/select.ts';
import { abs, neg, sign, square } from '../../../../ir/ops/sign.ts';
import { squaredDifference } from '../../../../ir/ops/squared-difference.ts';
import { perTensor, sameQuantization } from '../../../../ir/types.ts';
import { noForm } from '../../no-form.ts';
import { activationOf } from '../activation.ts';
import { form, type TfliteContext, type TfliteForm, type TfliteForms } from '../form.ts';
import type { BuiltinOptions, OperatorName } from '../model.ts';

type Row = readonly [AnyOpDefinition, TfliteForm];

/** An operator whose kernel takes what the IR's does. */
const same = (definition: AnyOpDefinition, name: OperatorName, options?: BuiltinOptions): Row => [
  definition,
  (c) => c.put({ name, inputs: c.inputs(), ...(options === undefined ? {} : { options }) }),
];

/** An operator whose kernel takes floats (and plain integers) only. */
const inFloat = (definition: AnyOpDefinition, name: OperatorName, options?: BuiltinOptions): Row => [
  definition,
  (c) => c.putFloat((inputs) => ({ name, inputs, ...(options === undefined ? {} : { options }) })),
];

/** Arithmetic on two operands with a fused activation. */
const activated = (
  definition: typeof add,
  name: OperatorName,
  type: 'AddOptions' | 'SubOptions' | 'MulOptions' | 'DivOptions',
): Row =>
  form(definition, (c, attributes) =>
    c.putActivated(attributes.clamp, (fusedActivationFunction) => ({
      name,
      inputs: c.inputs(),
      // Scales of 16 bits are any, not powers of two.
      options:
        type === 'AddOptions' || type === 'SubOptions'
          ? { type, value: { fusedActivationFunction, potScaleInt16: c.type(0).element !== 'i16' } }
          : { type, value: { fusedActivationFunction } },
    })),
  );

/** Two operands, and an activation only where the IR has one fused. */
const limited = (definition: typeof add, name: OperatorName, options: BuiltinOptions): Row =>
  form(definition, (c, attributes) => c.putLimited(attributes.clamp, { name, inputs: c.inputs(), options }));

const maximumMinimum = { type: 'MaximumMinimumOptions', value: {} } as const;

/** The quantizations that kernels give sigmoids in (activations.cc, SigmoidPrepare and TanhPrepare). */
function sigmoidal(c: TfliteContext, name: OperatorName, ofBytes: { scale: number; zero: number }): void {
  const { quant, element } = c.resultType;
  const written = { name, inputs: c.inputs() };
  const fixed = element === 'i16' ? { scale: 1 / 32768, zero: 0 } : ofBytes;
  if (quant === undefined) c.put(written);
  else c.putFixed(perTensor(fixed.scale, fixed.zero), written);
}

/** The operators that are nothing but a clamp. */
const clamps = { NONE: undefined, RELU: 'RELU', RELU6: 'RELU6', RELU_N1_TO_1: 'RELU_N1_TO_1' } as const;

export const elementwiseForms: TfliteForms = [
  activated(add, 'ADD', 'AddOptions'),
  activated(sub, 'SUB', 'SubOptions'),
  activated(mul, 'MUL', 'MulOptions'),
  form(div, (c, attributes) => {
    if (c.resultType.quant === undefined) {
      return c.putActivated(attributes.clamp, (fusedActivationFunction) => ({
        name: 'DIV',
        inputs: c.inputs(),
        options: { type: 'DivOptions', value: { fusedActivationFunction } },
      }));
    }
    if (activationOf(c.resultType, attributes.clamp) !== 'NONE') noForm('is quantized and has an activation');
    c.putFloat((inputs) => ({
      name: 'DIV',
      inputs,
      options: { type: 'DivOptions', value: { fusedActivationFunction: 'NONE' } },
    }));
  }),
  limited(maximum, 'MAXIMUM', maximumMinimum),
  limited(minimum, 'MINIMUM', maximumMinimum),
  limited(floorDiv, 'FLOOR_DIV', { type: 'FloorDivOptions', value: {} }),
  limited(floorMod, 'FLOOR_MOD', { type: 'FloorModOptions', value: {} }),
  limited(squaredDifference, 'SQUARED_DIFFERENCE', { type: 'SquaredDifferenceOptions', value: {} }),
  inFloat(pow, 'POW', { type: 'PowOptions', value: {} }),

  same(abs, 'ABS', { type: 'AbsOptions', value: {} }),
  same(exp, 'EXP', { type: 'ExpOptions', value: {} }),
  same(log, 'LOG'),
  same(rsqrt, 'RSQRT'),
  inFloat(ceil, 'CEIL'),
  inFloat(cos, 'COS', { type: 'CosOptions', value: {} }),
  inFloat(floor, 'FLOOR'),
  inFloat(neg, 'NEG', { type: 'NegOptions', value: {} }),
  inFloat(round, 'ROUND'),
  inFloat(sign, 'SIGN', { type: 'SignOptions', value: {} }),
  inFloat(sin, 'SIN'),
  inFloat(sqrt, 'SQRT'),
  inFloat(square, 'SQUARE', { type: 'SquareOptions', value: {} }),
  form(logistic, (c) => sigmoidal(c, 'LOGISTIC', { scale: 1 / 256, zero: -128 })),
  form(tanh, (c) => sigmoidal(c, 'TANH', { scale: 1 / 128, zero: 0 })),
  same(hardSwish, 'HARD_SWISH', { type: 'HardSwishOptions', value: {} }),
  same(prelu, 'PRELU'),
  form(elu, (c, { alpha }) => {
    if (alpha !== 1) noForm(`has an alpha of ${alpha}`);
    c.put({ name: 'ELU', inputs: c.inputs() });
  }),
  form(gelu, (c, { approximate }) => {
    c.put({ name: 'GELU', inputs: c.inputs(), options: { type: 'GeluOptions', value: { approximate } } });
  }),
  form(leakyRelu, (c, { alpha }) => {
    const options = { type: 'LeakyReluOptions', value: { alpha: Math.fround(alpha) } } as const;
    c.put({ name: 'LEAKY_RELU', inputs: c.inputs(), options });
  }),
  form(clamp, (c, { min, max }) => {
    if (!sameQuantization(c.type(0).quant, c.resultType.quant)) {
      c.putLimited([min, max], {
        name: 'QUANTIZE',
        inputs: c.inputs(),
        options: { type: 'QuantizeOptions', value: {} },
      });
      return;
    }
    const activation = activationOf(c.resultType, [min, max]);
    const name = activation && clamps[activation];
    if (!c.isLimitedBy([min, max])) c.alias();
    else if (name !== undefined) c.put({ name, inputs: c.inputs() });
    else c.limit(c.input(0), [min, max]);
  }),
  form(cast, (c) => c.put({ name: 'CAST', inputs: c.inputs(), options: { type: 'CastOptions', value: {} } })),

  same(equal, 'EQUAL', { type: 'EqualOptions', value: {} }),
  same(notEqual, 'NOT_EQUAL', { type: 'NotEqualOptions', value: {} }),
  same(less, 'LESS', { type: 'LessOptions', value: {} }),
  same(lessEqual, 'LESS_EQUAL', { type: 'LessEqualOptions', value: {} }),
  same(greater, 'GREATER', { type: 'GreaterOptions', value: {} }),
  same(greaterEqual, 'GREATER_EQUAL', { type: 'GreaterEqualOptions', value: {} }),
  same(logicalAnd, 'LOGICAL_AND', { type: 'LogicalAndOptions', value: {} }),
  same(logicalNot, 'LOGICAL_NOT', { type: 'LogicalNotOptions', value: {} }),
  same(logicalOr, 'LOGICAL_OR', { type: 'LogicalOrOptions', value: {} }),
  same(select, 'SELECT_V2', { type: 'SelectV2Options', value: {} }),
];
