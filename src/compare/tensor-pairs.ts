// Which tensor of the quantized network stands for which of the float network.
import type { Func, Value } from '../../ir/module.ts';
import { quantize } from '../../ir/ops/quantize.ts';
import { elementCount, type TensorType } from '../../ir/types.ts';
import type { Precision } from '../../passes/quantization/insert-quantization.ts';
import { moves, observedTensors } from '../../passes/quantization/tensor-groups.ts';
import { valueNamed } from '../quantize/float-network.ts';
import { type Decisions, nameOf, planFor } from '../quantize/plan.ts';

/** A tensor of the float network that quantization observes, and its counterpart. */
export interface TensorPair {
  /** In the float network. */
  readonly name: string;
  /** The operator that computes it; `input` or `state` for what none does. */
  readonly operator: string;
  /** The operators of the user's model that it comes from. */
  readonly where: string;
  /** The float tensor to compare, element by element: itself, or what its elements were moved to before being quantized. */
  readonly compared: string;
  readonly shape: readonly number[];
  /** In the quantized network: the integers where there are some, else the f32 tensor. */
  readonly counterpart: string;
  readonly type: TensorType;
  readonly precision: Precision;
}

/**
 * Pairs of observed tensors of the float function with those of the quantized one, in order. Values keep their names
 * through quantization; their integers are what `quantize` makes of them. Inputs may have become integers themselves.
 */
export function tensorPairs(float: Func, quantized: Func): TensorPair[] {
  const inputs = new Map(float.inputs.map((port, i) => [port.value.name, quantized.inputs[i]?.value]));
  return observedTensors(float).flatMap((v) => {
    // Where operators were fused already, only the integers are left.
    const value = inputs.get(v.name) ?? valueNamed(quantized, v.name) ?? valueNamed(quantized, `${v.name}_q`);
    if (value === undefined) return [];
    const { real, integers } = storedForm(value);
    const moved = real === value ? v : (valueNamed(float, real.name) ?? v);
    const { producer } = v;
    const counterpart = integers ?? real;
    const { element } = counterpart.type;
    return [
      {
        name: v.name,
        operator: producer?.definition.name ?? (inputs.has(v.name) ? 'input' : 'state'),
        where: producer?.location ?? '',
        compared: moved.name,
        shape: moved.type.shape,
        counterpart: counterpart.name,
        type: counterpart.type,
        precision: element === 'i8' || element === 'i16' ? element : 'f32',
      },
    ];
  });
}

/**
 * The integers that a value is quantized to first, its own quantization (conversions for other precisions follow behind),
 * and the value itself; or those of a tensor that its elements move to, as when an image is transposed before its first
 * convolution. Only itself where it stays float.
 */
function storedForm(value: Value): { real: Value; integers?: Value } {
  const users = [...value.users];
  const own = users.find((op) => op.definition === quantize);
  if (own !== undefined) return { real: value, integers: own.result };
  for (const op of users) {
    const [result] = op.results;
    if (!moves(op) || result === undefined || elementCount(result.type.shape) !== elementCount(value.type.shape))
      continue;
    const form = storedForm(result);
    if (form.integers !== undefined) return form;
  }
  return { real: value };
}

/**
 * Tensors of the float function that the quantized program does not have: within functions of one number, which become
 * tables from the first operator's input to the last one's result.
 */
export function tensorsWithinTables(float: Func, decisions: Decisions): ReadonlySet<string> {
  if (decisions.ranges.size === 0) return new Set();
  const plan = planFor(float, decisions);
  const within = float.ops.filter((op) => {
    const precision = decisions.precisions.get(nameOf(op));
    return precision !== undefined && precision !== 'f32' && plan.resultPrecision(op) === 'f32';
  });
  return new Set(within.map(nameOf));
}
