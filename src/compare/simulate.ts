// Quantization of chosen layers in floats: what one layer's rounding does to a network that is exact otherwise. Compiled
// once, with a switch for each layer among its inputs.
//
// before:  %y = conv2d %x, %w, %b
// after:   %e = conv2d %x, %w, %b ; %y = conv2d %x, %v, %c               (%v, %c: the weights and biases rounded, as f32)
//          %q = quantize %y ; %r = dequantize %q ; %z = select %s, %r, %e                   (%s: the layer's switch)
//
// Both convolutions have constant weights, which are laid out when they are compiled; of the two only the one runs whose
// result is taken (needed-calls.ts).
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import { Builder } from '../../ir/builder.ts';
import { channelOf } from '../../ir/channel-quantization.ts';
import type { Func, Op, Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { dequantize } from '../../ir/ops/dequantize.ts';
import { quantize } from '../../ir/ops/quantize.ts';
import { select } from '../../ir/ops/select.ts';
import { allocateTensor, bytesOf, type TensorArray, type TensorData } from '../../ir/tensor-data.ts';
import { tensorType } from '../../ir/types.ts';
import type { QuantizationPlan } from '../../passes/quantization/insert-quantization.ts';
import { setBiases } from '../../passes/quantization/set-biases.ts';
import { type TensorGroup, takesOneQuantization, tensorGroups } from '../../passes/quantization/tensor-groups.ts';
import { lowerModule } from '../compile.ts';
import type { FloatNetwork } from '../quantize/float-network.ts';
import { type Decisions, nameOf, planFor } from '../quantize/plan.ts';
import { wasmIsa } from '../wasm-isa.ts';
import { neededCalls } from './needed-calls.ts';

/** The element type of each layer that can be quantized, by the name of its tensor. */
export type LayerElements = ReadonlyMap<string, 'i8' | 'i16'>;

/** A network whose layers round or not, from run to run. */
export interface Simulation {
  /**
   * With the layers rounded whose names are chosen: from the inputs of one sample to the network's outputs. States go on
   * from run to run, from their beginning.
   */
  choose(chosen: ReadonlySet<string>): (inputs: readonly TensorArray[]) => readonly TensorArray[];
}

/** Compiles the network with every layer able to round, as {@link SwitchedLayers} has it. */
export function simulation(network: FloatNetwork, decisions: Decisions, layers: LayerElements): Simulation {
  const module = network.module();
  new SwitchedLayers(module.entry, decisions, layers).insert();
  const { loops } = lowerModule(module, { name: 'network', isa: wasmIsa('simd') });
  const wasm = instantiateWasm(loops, 'simd', { callExports: true });
  const ports = (kind: 'input' | 'output') => loops.storages.filter((s) => s.storage === kind);
  const names = [...layers.keys()];
  const firstSwitch = ports('input').length - names.length;
  const own = ports('input').slice(0, firstSwitch);
  const switches = ports('input').slice(firstSwitch);
  const outputs = ports('output');
  return {
    choose(chosen) {
      const known = new Map(switches.map((storage, i) => [storage, chosen.has(names[i] ?? '')] as const));
      const calls = neededCalls(loops, known).flatMap((i) => wasm.calls[i] ?? []);
      wasm.reset();
      for (const [storage, isOn] of known) bytesOf(wasm.view(storage))[0] = Number(isOn);
      return (inputs) => {
        for (const [i, storage] of own.entries()) {
          const given = inputs[i];
          if (given !== undefined) bytesOf(wasm.view(storage)).set(bytesOf(given));
        }
        for (const call of calls) call();
        return outputs.map((storage) => wasm.view(storage).slice());
      };
    },
  };
}

/**
 * Rewrites a function of the float network in place. A layer whose switch (an input of type bool behind the function's own,
 * in the order of `layers`) is on rounds the constants that its operator takes (weights; biases are those of the decisions),
 * and what it gives; one whose switch is off gives what it did. Each tensor is rounded once, where it is made, so that the
 * error of a range is its own layer's; what the other layers compute from it is exact. Arithmetic stays f32.
 */
class SwitchedLayers {
  private readonly func: Func;
  private readonly decisions: Decisions;
  private readonly layers: LayerElements;
  private readonly switches: ReadonlyMap<string, Value>;
  /** Biases of the float network, by names of operators; those in the function are then the decisions'. */
  private readonly exactBiases: ReadonlyMap<string, Value | undefined>;
  private readonly groups: ReadonlyMap<Value, TensorGroup>;
  private readonly plan: QuantizationPlan;
  private readonly target: Op[] = [];
  private readonly builder: Builder;

  constructor(func: Func, decisions: Decisions, layers: LayerElements) {
    this.func = func;
    this.decisions = decisions;
    this.layers = layers;
    this.exactBiases = new Map(
      func.ops.flatMap((op) => {
        const { linear } = op.definition;
        return linear === undefined ? [] : [[nameOf(op), op.operands[linear.bias]] as const];
      }),
    );
    setBiases(func, new Map([...(decisions.biases ?? [])].filter(([name]) => layers.has(name))));
    this.groups = tensorGroups(func, decisions.ties);
    this.plan = planFor(func, decisions);
    this.builder = new Builder(func, this.target);
    const type = tensorType('bool', [1]);
    this.switches = new Map(Array.from(layers.keys(), (name) => [name, func.addInput(`${name} rounds`, type)]));
  }

  insert(): void {
    const { func, builder, target } = this;
    const own = func.inputs.slice(0, func.inputs.length - this.switches.size);
    const before = func.ops;
    for (const { value } of own) this.switchResult(value, value, undefined);
    for (const { param } of func.states) this.switchResult(param, param, undefined);
    for (const op of before) {
      builder.location = op.location;
      const operands = this.roundedOperands(op);
      const exactOperands = this.exactOperands(op);
      target.push(op);
      if (operands.every((v, i) => v === exactOperands[i])) {
        for (const v of op.results) this.switchResult(v, v, undefined);
        continue;
      }
      const types = op.results.map((v) => v.type);
      const exact = builder.op(op.definition, exactOperands, op.attributes, { types });
      for (const [i, v] of operands.entries()) {
        const old = op.operands[i];
        if (v !== undefined && old !== undefined && v !== old) op.replaceOperand(old, v);
      }
      for (const [k, v] of op.results.entries()) {
        this.switchResult(v, exact.results[k] ?? v, this.switches.get(nameOf(op)));
      }
    }
    func.ops = target;
  }

  /** The operands with the constants rounded, if the operator is a layer. */
  private roundedOperands(op: Op): readonly (Value | undefined)[] {
    const element = this.layers.get(nameOf(op));
    // What computes on f32 has weights of f32, though those that take its result may round that.
    if (element === undefined || this.decisions.precisions.get(nameOf(op)) === 'f32') return op.operands;
    return op.operands.map((v, i) => {
      if (v?.producer?.definition !== constant || v.type.element !== 'f32') return v;
      if (this.plan.operandPrecision(op, i) === 'f32') return v;
      const integers = this.plan.constants(op, i, this.groupOf(takesOneQuantization(op) ? op.result : v), element);
      return integers === undefined ? v : this.builder.create(constant, [], { value: realTensor(integers) });
    });
  }

  /** The operands with the bias of the float network. */
  private exactOperands(op: Op): readonly (Value | undefined)[] {
    const { linear } = op.definition;
    return op.operands.map((v, i) => (i === linear?.bias ? this.exactBiases.get(nameOf(op)) : v));
  }

  /**
   * Puts a choice in the place of a value: rounded where its own switch is on; where its operator's (which may be that of
   * another result) is off, `exact`, from an operator with constants as they were.
   */
  private switchResult(v: Value, exact: Value, ofOperator: Value | undefined): void {
    const { func, builder } = this;
    const [own, element] = [this.switches.get(v.name), this.layers.get(v.name)];
    const users = [...v.users];
    let on = v;
    let off = exact;
    if (ofOperator !== undefined && ofOperator !== own) {
      on = builder.create(select, [ofOperator, v, exact]);
      off = on;
    }
    if (own !== undefined && element !== undefined) {
      on = builder.create(select, [own, this.rounded(on, this.groupOf(v), element), off]);
    }
    if (on === v) return;
    for (const user of users) user.replaceOperand(v, on);
    for (const port of func.outputs) if (port.value === v) port.value = on;
    for (const state of func.states) if (state.next === v) state.next = on;
  }

  private rounded(v: Value, group: TensorGroup, element: 'i8' | 'i16'): Value {
    const { builder, plan } = this;
    const type = tensorType(element, v.type.shape, plan.activations(group, element));
    return builder.create(dequantize, [builder.create(quantize, [v], { ties: plan.ties }, type)]);
  }

  private groupOf(v: Value): TensorGroup {
    return this.groups.get(v) ?? { name: v.name, members: [v], inflows: [] };
  }
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
