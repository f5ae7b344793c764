// The inputs and results of linear layers, sample by sample, in the float network or in the quantized one.
import { Builder } from '../../../ir/builder.ts';
import type { Patches } from '../../../ir/define-op.ts';
import type { Func } from '../../../ir/module.ts';
import { constant } from '../../../ir/ops/constant.ts';
import { tensorType } from '../../../ir/types.ts';
import { tensorGroups } from '../../../passes/quantization/tensor-groups.ts';
import type { SampleSource } from '../../samples/sample-source.ts';
import { inOrder } from '../calibrate.ts';
import { compileToWasm, type FloatNetwork } from '../float-network.ts';
import { passedOn } from '../measured-tensors.ts';
import { applyDecisions, type Decisions, type LinearLayer, linearLayers, nameOf, planFor } from '../plan.ts';

/** A layer that says how its weights meet its input. */
export interface PatchedLayer extends LinearLayer {
  readonly patches: Patches;
  /** Its place among the layers that are looked at. */
  readonly index: number;
}

/** A layer whose weights are fitted. */
export interface FittedLayer extends PatchedLayer {
  /** The scale of its quantized input. */
  readonly inputScale: number;
}

/** The linear layers that say how their weights meet their input, in the function's order. */
export function patchedLayers(func: Func): PatchedLayer[] {
  const found = linearLayers(func).flatMap((layer) => {
    const patches = layer.op.definition.linear?.patches?.(layer.op);
    return patches === undefined ? [] : [{ ...layer, patches }];
  });
  return found.map((layer, index) => ({ ...layer, index }));
}

/** The linear layers that compute on integers and say how their weights meet their input, in the network's order. */
export function fittedLayers(network: FloatNetwork, decisions: Decisions): FittedLayer[] {
  const func = network.module().entry;
  const groups = tensorGroups(func, decisions.ties);
  const plan = planFor(func, decisions);
  const found = patchedLayers(func).flatMap((layer) => {
    const precision = plan.operandPrecision(layer.op, 0);
    const input = groups.get(layer.op.operand(0));
    if (precision === 'f32' || input === undefined) return [];
    return [{ ...layer, inputScale: plan.activations(input, precision).scale[0] ?? 1 }];
  });
  return found.map((layer, index) => ({ ...layer, index }));
}

/**
 * Runs a network over all samples and shows one tensor of each layer, its input or its result: of the float network, or
 * with decisions of the quantized one. Only what leads to these is computed. State goes on from sample to sample, as in
 * calibration.
 */
export async function eachTensor<L extends LinearLayer>(
  network: FloatNetwork,
  decisions: Decisions | undefined,
  samples: SampleSource,
  layers: readonly L[],
  which: 'input' | 'result',
  see: (layer: L, x: Float32Array, sample: number) => void,
): Promise<void> {
  const module = network.module();
  const func = module.entry;
  if (decisions !== undefined) applyDecisions(func, decisions);
  const ops = new Map(func.ops.map((op) => [nameOf(op), op]));
  const shown = layers.flatMap((layer) => {
    const op = ops.get(layer.name);
    return op === undefined ? [] : [{ layer, name: (which === 'input' ? op.operand(0) : passedOn(op.result)).name }];
  });
  const names = [...new Set(shown.map(({ name }) => name))];
  func.outputs.length = 0;
  const wasm = compileToWasm(module, names);
  for (let i = 0; i < samples.count; i++) {
    const results = wasm.run(inOrder(network, await samples.read(i)));
    for (const { layer, name } of shown) see(layer, results[names.indexOf(name)] as Float32Array, i);
  }
}

/**
 * Runs the network, with decisions the quantized one, over all samples and shows each layer's result beside what it would be
 * for the same input with the layer's weights and bias as they are given, and not rounded.
 */
export async function eachOwnError<L extends LinearLayer>(
  network: FloatNetwork,
  decisions: Decisions | undefined,
  samples: SampleSource,
  layers: readonly L[],
  see: (layer: L, unrounded: Float32Array, rounded: Float32Array) => void,
): Promise<void> {
  const module = network.module();
  const func = module.entry;
  if (decisions !== undefined) applyDecisions(func, decisions);
  const ops = new Map(func.ops.map((op) => [nameOf(op), op]));
  const builder = new Builder(func, func.ops);
  const floats = (data: Float32Array, shape: readonly number[]) => {
    const type = tensorType('f32', shape);
    return builder.create(constant, [], { value: { type, data } }, type);
  };
  const names = layers.flatMap((layer) => {
    const op = ops.get(layer.name);
    const linear = op?.definition.linear;
    if (op === undefined || linear === undefined) return [];
    const operands = [...op.operands];
    operands[linear.weights] = floats(layer.weights.data as Float32Array, layer.weights.type.shape);
    operands[linear.bias] = floats(layer.bias ?? new Float32Array(layer.channels), [layer.channels]);
    const twin = builder.create(op.definition, operands, op.attributes, op.result.type);
    return [{ layer, twin: twin.name, result: passedOn(op.result).name }];
  });
  func.outputs.length = 0;
  const wasm = compileToWasm(
    module,
    names.flatMap(({ twin, result }) => [twin, result]),
  );
  for (let i = 0; i < samples.count; i++) {
    const results = wasm.run(inOrder(network, await samples.read(i)));
    for (const [k, { layer }] of names.entries())
      see(layer, results[2 * k] as Float32Array, results[2 * k + 1] as Float32Array);
  }
}
