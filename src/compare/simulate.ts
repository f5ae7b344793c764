// Quantization of chosen layers only, in floats: what one layer's rounding does to a network that is exact otherwise.
//
// before:  %y = conv2d %x, %w, %b
// after:   %y = conv2d %x, %v, %b ; %q = quantize %y ; %r = dequantize %q     (%v: the weights rounded, as f32 constants)
import { Builder } from '../../ir/builder.ts';
import { channelOf } from '../../ir/channel-quantization.ts';
import type { Func, Module, Op, Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { dequantize } from '../../ir/ops/dequantize.ts';
import { quantize } from '../../ir/ops/quantize.ts';
import { allocateTensor, type TensorData } from '../../ir/tensor-data.ts';
import { tensorType } from '../../ir/types.ts';
import type { QuantizationPlan } from '../../passes/quantization/insert-quantization.ts';
import { setBiases } from '../../passes/quantization/set-biases.ts';
import { type TensorGroup, takesOneQuantization, tensorGroups } from '../../passes/quantization/tensor-groups.ts';
import type { FloatNetwork } from '../quantize/float-network.ts';
import { type Decisions, nameOf, planFor } from '../quantize/plan.ts';

/** The element type of each layer that is to be quantized, by the name of its tensor. */
export type ChosenLayers = ReadonlyMap<string, 'i8' | 'i16'>;

/**
 * A copy of the float network in which the chosen layers round: the constants that their operators take (weights; biases
 * are those of the decisions), and what they give. Each tensor is rounded once, where it is made, so that the error of a range is its own layer's; what the
 * other layers compute from it is exact. Arithmetic stays f32.
 */
export function simulate(network: FloatNetwork, decisions: Decisions, chosen: ChosenLayers): Module {
  const module = network.module();
  const func = module.entry;
  const biases = [...(decisions.biases ?? [])].filter(([name]) => chosen.has(name));
  setBiases(func, new Map(biases));
  const groups = tensorGroups(func, decisions.ties);
  const groupOf = (v: Value): TensorGroup => groups.get(v) ?? { name: v.name, members: [v], inflows: [] };
  const plan = planFor(func, decisions);
  const before = func.ops;
  const target: Op[] = [];
  const builder = new Builder(func, target);

  const roundResult = (v: Value, element: 'i8' | 'i16') => {
    const users = [...v.users];
    const type = tensorType(element, v.type.shape, plan.activations(groupOf(v), element));
    const q = builder.create(quantize, [v], { ties: plan.ties }, type);
    const r = builder.create(dequantize, [q]);
    for (const user of users) user.replaceOperand(v, r);
    for (const port of func.outputs) if (port.value === v) port.value = r;
    for (const state of func.states) if (state.next === v) state.next = r;
  };

  for (const v of parameters(func)) {
    const element = chosen.get(v.name);
    if (element !== undefined) roundResult(v, element);
  }
  for (const op of before) {
    builder.location = op.location;
    const element = chosen.get(nameOf(op));
    // What computes on f32 has weights of f32, though those that take its result may round that.
    if (element !== undefined && decisions.precisions.get(nameOf(op)) !== 'f32')
      roundConstants(op, element, plan, groupOf, builder);
    target.push(op);
    for (const result of op.results) {
      const own = chosen.get(result.name);
      if (own !== undefined) roundResult(result, own);
    }
  }
  func.ops = target;
  return module;
}

function parameters(func: Func): Value[] {
  return [...func.inputs.map((p) => p.value), ...func.states.map((s) => s.param)];
}

function roundConstants(
  op: Op,
  element: 'i8' | 'i16',
  plan: QuantizationPlan,
  groupOf: (v: Value) => TensorGroup,
  builder: Builder,
): void {
  op.operands.forEach((v, i) => {
    if (v?.producer?.definition !== constant || v.type.element !== 'f32') return;
    // What computes on f32 has weights of f32, though those that take its result may round that.
    if (plan.operandPrecision(op, i) === 'f32') return;
    const integers = plan.constants(op, i, groupOf(takesOneQuantization(op) ? op.result : v), element);
    if (integers === undefined) return;
    op.replaceOperand(v, builder.create(constant, [], { value: realTensor(integers) }));
  });
}

/** The f32 tensor that a quantized one stands for. */
function realTensor({ type, data }: TensorData): TensorData {
  const real = allocateTensor(tensorType('f32', type.shape));
  const { quant } = type;
  if (quant === undefined) throw new Error('a quantized constant has no quantization');
  const channel = channelOf(type, quant);
  const x = real.data as Float32Array;
  for (let i = 0; i < x.length; i++) {
    const c = channel(i);
    x[i] = (quant.scale[c] ?? 1) * (Number(data[i]) - (quant.zero[c] ?? 0));
  }
  return real;
}
