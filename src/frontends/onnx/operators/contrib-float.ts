// Rows of com.microsoft's fused float operators: products and convolutions with an activation behind them, and GELUs.
// Specification: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md; activations and their
// parameters: contrib_ops/cpu/fused_activation.cc, core/mlas (FusedConv), contrib_ops/cpu/fused_gemm.cc (FusedGemm).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { clamp } from '../../../../ir/ops/clamp.ts';
import { elu } from '../../../../ir/ops/elu.ts';
import { gelu } from '../../../../ir/ops/gelu.ts';
import { logistic } from '../../../../ir/ops/logistic.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';
import { contribRow, floatInput, optionalFloat } from './contrib-row.ts';
import { convolution } from './convolution.ts';
import { gemm, product, transposed } from './matmul.ts';
import { activated } from './recurrent-activations.ts';

/** numpy.matmul of operands that may be stored in another order of dimensions, times alpha. */
const fusedMatMul = (attributes: readonly string[]): Row =>
  contribRow([2, 2], ['alpha', 'transA', 'transB', ...attributes], (op) => {
    const x = side(op, floatInput(op, 0), 'A');
    const w = side(op, floatInput(op, 1), 'B');
    const y = product(op, x, w);
    const alpha = op.float('alpha', 1);
    return alpha === 1 ? y : op.emit(mul, [y, op.scalar('f32', alpha)]);
  });

export const contribFloatRows: Rows = {
  Gelu: contribRow([1, 1], [], (op) => op.emit(gelu, [floatInput(op, 0)])),
  BiasGelu: contribRow([2, 2], [], (op) => op.emit(gelu, [biased(op, floatInput(op, 0), floatInput(op, 1))])),
  FastGelu: contribRow([1, 2], [], (op) =>
    op.emit(gelu, [biased(op, floatInput(op, 0), optionalFloat(op, 1))], { approximate: true }),
  ),
  QuickGelu: contribRow([1, 1], ['alpha'], (op) => {
    const x = floatInput(op, 0);
    const steep = op.emit(mul, [x, op.scalar('f32', op.float('alpha', Math.fround(1.702)))]);
    return op.emit(mul, [x, op.emit(logistic, [steep])]);
  }),
  FusedConv: contribRow(
    [2, 4],
    ['activation', 'activation_params', 'auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides'],
    (op) => {
      const y = convolution(op, floatInput(op, 0), floatInput(op, 1), optionalFloat(op, 2), op.int('group', 1));
      const addend = optionalFloat(op, 3);
      rule(addend === undefined || addend.type.shape.join() === y.type.shape.join(), 'adds a tensor of another shape');
      return convolutionActivation(op, addend === undefined ? y : op.emit(add, [y, addend]));
    },
  ),
  FusedGemm: contribRow(
    [2, 3],
    ['activation', 'activation_alpha', 'activation_beta', 'activation_gamma', 'alpha', 'beta', 'transA', 'transB'],
    (op) => gemmActivation(op, gemm(op, floatInput(op, 0), floatInput(op, 1), optionalFloat(op, 2))),
  ),
  FusedMatMul: fusedMatMul(['transBatchA', 'transBatchB']),
  TransposeMatMul: fusedMatMul([]),
};

/** x plus one number per element of the last dimension. */
function biased(op: NodeContext, x: Value, bias: Value | undefined): Value {
  if (bias === undefined) return x;
  const { shape } = bias.type;
  rule(shape.length === 1 && shape[0] === x.type.shape.at(-1), 'takes one bias per element of the last dimension');
  return op.emit(add, [x, bias]);
}

/** An operand of FusedMatMul, whose dimensions the attributes say in another order. */
function side(op: NodeContext, x: Value, name: 'A' | 'B'): Value {
  const rank = x.type.shape.length;
  if (rank < 2) return x;
  // transBatch: rows x batch dimensions x columns, instead of batch dimensions x rows x columns.
  const perm = x.type.shape.map((_, d) => (d < rank - 2 ? d + 1 : d === rank - 2 ? 0 : d));
  const batched = op.flag(`transBatch${name}`) && rank > 2 ? op.emit(transpose, [x], { perm }) : x;
  return op.flag(`trans${name}`) ? transposed(op, batched) : batched;
}

/** How many numbers FusedConv's activation_params are for each of its activations. */
const convolutionParameters: Readonly<Record<string, number>> = {
  Clip: 2,
  HardSigmoid: 2,
  LeakyRelu: 1,
  Relu: 0,
  Sigmoid: 0,
  Tanh: 0,
};

function convolutionActivation(op: NodeContext, x: Value): Value {
  const name = op.string('activation', '');
  if (name === '') return x;
  const count = Object.hasOwn(convolutionParameters, name) ? convolutionParameters[name] : undefined;
  if (count === undefined) return op.unsupported(`The activation is ${JSON.stringify(name.slice(0, 40))}.`);
  const [first = 0, second = 0, ...more] = op.floats('activation_params') ?? [];
  const given = (op.floats('activation_params') ?? []).length;
  rule(given === count && more.length === 0, () => `needs ${count} numbers for ${name}, got ${given}`);
  return name === 'Clip'
    ? op.emit(clamp, [x], { min: first, max: second })
    : activated(op, x, name, ...[first, second].slice(0, count));
}

const gemmActivations = [
  'Elu',
  'HardSigmoid',
  'LeakyRelu',
  'Relu',
  'Selu',
  'Sigmoid',
  'Softplus',
  'Softsign',
  'Tanh',
  'ThresholdedRelu',
];

/** The activation that FusedGemm names; its parameters default to those of the operator of that name. */
function gemmActivation(op: NodeContext, x: Value): Value {
  const name = op.string('activation', '');
  if (name === '') return x;
  if (!gemmActivations.includes(name)) return op.unsupported(`The activation is ${JSON.stringify(name.slice(0, 40))}.`);
  const number = (attribute: string) => (op.hasAttribute(attribute) ? op.float(attribute) : undefined);
  const [alpha, beta] = [number('activation_alpha'), number('activation_beta')];
  if (name !== 'Selu') return activated(op, x, name, alpha, beta);
  const gamma = number('activation_gamma') ?? Math.fround(1.0507009873554805);
  return op.emit(mul, [
    op.emit(elu, [x], { alpha: alpha ?? Math.fround(1.6732632423543772) }),
    op.scalar('f32', gamma),
  ]);
}
