// The quantized network in floats, with the ranges as inputs: compiled once, it measures any choice of ranges on the
// network's own outputs.
import type { Builder } from '../../../ir/builder.ts';
import type { Value } from '../../../ir/module.ts';
import { round } from '../../../ir/ops/elementary.ts';
import { maximum, minimum } from '../../../ir/ops/maximum.ts';
import { mul } from '../../../ir/ops/mul.ts';
import type { TensorArray } from '../../../ir/tensor-data.ts';
import { integerRange, tensorType } from '../../../ir/types.ts';
import { foldConstants } from '../../../passes/fold-constants.ts';
import { runPasses } from '../../../passes/pipeline.ts';
import { insertQuantization } from '../../../passes/quantization/insert-quantization.ts';
import { type TensorGroup, tensorGroups } from '../../../passes/quantization/tensor-groups.ts';
import { quantizationOf, type Range } from '../estimators/index.ts';
import { compileToWasm, type FloatNetwork, type WasmRun } from '../float-network.ts';
import { measuredTensors } from '../measured-tensors.ts';
import { type Decisions, planFor } from '../plan.ts';

/** Tensors of one quantization whose range is to be chosen. */
export interface FreeGroup {
  readonly group: TensorGroup;
  readonly element: 'i8' | 'i16';
}

export interface Simulation {
  readonly groups: readonly FreeGroup[];
  /** The measured tensors of one sample, with these ranges, one for each group. */
  run(inputs: readonly TensorArray[], ranges: readonly Range[]): readonly Float32Array[];
}

/** Four numbers to each group: 1 / scale, the least and the greatest whole number beside the zero point, and the scale. */
const perGroup = 4;

/** Compiles the network as the decisions have it, bar the ranges. */
export function simulation(network: FloatNetwork, decisions: Decisions): Simulation {
  const module = network.module();
  const func = module.entry;
  const own = func.inputs.length;
  const outputs = func.outputs.length;
  const measured = measuredTensors(func).map((v) => v.name);
  const free = new Map<string, FreeGroup & { readonly numbers: readonly Value[] }>();
  const names = new Map<string, string>();
  const numbersOf = (group: TensorGroup, element: 'i8' | 'i16'): readonly Value[] => {
    const key = `${element} ${group.name}`;
    const known = free.get(key);
    if (known !== undefined) return known.numbers;
    const type = tensorType('f32', [1]);
    const numbers = Array.from({ length: perGroup }, (_, i) => func.addInput(`${key} ${i}`, type));
    free.set(key, { group, element, numbers });
    return numbers;
  };
  const rounded = (b: Builder, v: Value, group: TensorGroup, element: 'i8' | 'i16'): Value | undefined => {
    if (isFixed(group, decisions.ties)) return undefined;
    const [inverse, low, high, scale] = numbersOf(group, element);
    const whole = b.create(round, [b.create(mul, [v, inverse])]);
    const limited = b.create(minimum, [b.create(maximum, [whole, low]), high]);
    const result = b.create(mul, [limited, scale]);
    names.set(v.name, result.name);
    return result;
  };
  insertQuantization(func, { ...planFor(func, decisions), rounded });
  // Floats are multiplied faster than integers are made floats each time.
  runPasses(module, { passes: [foldConstants] });
  const wasm: WasmRun = compileToWasm(
    module,
    measured.map((name) => names.get(name) ?? name),
  );
  // Compiling has put other values in the place of these ones, and given those their names.
  const known = new Map([...tensorGroups(network.module().entry, decisions.ties).values()].map((g) => [g.name, g]));
  const groups = [...free.values()].map(({ group, element }) => ({ group: known.get(group.name) ?? group, element }));
  return {
    groups,
    run(inputs, ranges) {
      const numbers = groups.flatMap(({ element }, i) => numbersFor(ranges[i], element));
      wasm.reset();
      const results = wasm.run([...inputs.slice(0, own), ...numbers]);
      return results.slice(outputs) as Float32Array[];
    },
  };
}

/** Operators say some quantizations themselves. */
const isFixed = ({ members }: TensorGroup, ties: Decisions['ties']) =>
  members.some((v) => v.producer?.definition.resultRange?.(ties, 'i8') !== undefined);

function numbersFor(range: Range | undefined, element: 'i8' | 'i16'): Float32Array[] {
  if (range === undefined) throw new Error('a group has no range');
  const { scale, zero } = quantizationOf(range, element);
  const { min, max } = integerRange(element);
  const [s = 1, z = 0] = [scale[0], zero[0]];
  return [1 / s, min - z, max - z, s].map((x) => Float32Array.of(x));
}
