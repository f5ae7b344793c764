// The float network as quantization sees it: batch norms folded, activations fused, weights constant, each tensor under
// a name that is the same whenever the network is made from the same model.
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import type { Func, Module, Value } from '../../ir/module.ts';
import { constantOf } from '../../ir/ops/constant.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { elementCount } from '../../ir/types.ts';
import { prepareFloat, runPasses } from '../../passes/pipeline.ts';
import { splitPorts } from '../../passes/quantization/split-ports.ts';
import { lowerModule } from '../compile.ts';
import type { Program } from '../program.ts';
import { wasmIsa } from '../wasm-isa.ts';
import type { Range } from './estimators/index.ts';

export interface FloatNetwork {
  readonly program: Program;
  /** How its float ports were scaled and split, where they were. */
  readonly ports: {
    /** The ranges of the scaled tensors by their names, decided with the scaling. */
    readonly ranges: ReadonlyMap<string, Range>;
    /** Results of operators that convert float ports: they stay f32. */
    readonly conversions: ReadonlySet<string>;
  };
  /** A fresh copy. */
  module(): Module;
}

/** The network of a program. Passes over modules that `change` makes run behind those of the float path. */
export function floatNetwork(program: Program, change: (module: Module) => void = () => {}): FloatNetwork {
  const made = () => {
    const module = program.module();
    runPasses(module, { passes: prepareFloat });
    change(module);
    const conversions = splitPorts(module.entry, smallTensors(module.entry));
    return { module, conversions };
  };
  let ports: FloatNetwork['ports'] | undefined;
  return {
    program,
    get ports() {
      ports ??= { ranges: new Map(), conversions: made().conversions };
      return ports;
    },
    module: () => made().module,
  };
}

/** Tensors are small of which so many would have as many elements as the network has weights. */
const smallShare = 64;

/** Whether tensors are small beside the function's weights: what they cost, in time or memory, then hardly shows. */
export function smallTensors(func: Func): (v: Value) => boolean {
  const weights = func.ops.reduce((sum, op) => {
    const { linear } = op.definition;
    return sum + (linear === undefined ? 0 : (constantOf(op.operand(linear.weights))?.data.length ?? 0));
  }, 0);
  return (v) => smallShare * elementCount(v.type.shape) <= weights;
}

/** A value of a function by its name. */
export function valueNamed(func: Func, name: string): Value | undefined {
  for (const { value } of func.inputs) if (value.name === name) return value;
  for (const { param } of func.states) if (param.name === name) return param;
  for (const op of func.ops) for (const result of op.results) if (result.name === name) return result;
  return undefined;
}

/** One run of a module: its inputs in order, to its outputs and what was exposed beside them. */
export interface WasmRun {
  run(inputs: readonly TensorArray[]): readonly TensorArray[];
  reset(): void;
}

/**
 * Compiles the module to WebAssembly in this process. Values named in `expose` are outputs behind its own, in that order;
 * the module is used up.
 */
export function compileToWasm(module: Module, expose: readonly string[] = []): WasmRun {
  const func = module.entry;
  for (const name of expose) {
    const value = valueNamed(func, name);
    if (value === undefined) throw new Error(`there is no value ${name}`);
    func.addOutput(name, value);
  }
  const { loops } = lowerModule(module, { name: 'network', isa: wasmIsa('simd') });
  return instantiateWasm(loops, 'simd');
}
