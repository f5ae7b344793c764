// The float network as a WebAssembly module that gives every tensor whose values quantization must know. It is plain data
// and a compiled module, so that worker threads can be given it and need nothing of the compiler.
import { compileModule } from '../../backends/wasm/engine.ts';
import { pageBytes } from '../../backends/wasm/memory-layout.ts';
import { buildModule } from '../../backends/wasm/module.ts';
import type { LoopProgram, StorageClass } from '../../ir/loops/kernel.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { observedTensors } from '../../passes/quantization/tensor-groups.ts';
import { lowerModule } from '../compile.ts';
import { wasmIsa } from '../wasm-isa.ts';
import { type FloatNetwork, valueNamed } from './float-network.ts';

/** A tensor that is observed, by the name of its value in the float network. */
export interface ObservedTensor {
  readonly name: string;
  /** Extent of the last dimension; 1 for a scalar. */
  readonly channels: number;
}

/** A part of the module's memory. */
export interface Place {
  readonly address: number;
  readonly bytes: number;
}

export interface CalibrationModule {
  /** The engine's compiled module; its memory is its own. */
  readonly wasm: object;
  readonly memoryBytes: number;
  /** In the order of the network's inputs. */
  readonly inputs: readonly Place[];
  /** All of f32. */
  readonly tensors: readonly (ObservedTensor & Place)[];
  /** Whether a run depends on the runs before it. */
  readonly hasState: boolean;
}

/** The tensors of a network that calibration observes. */
export function tensorsToObserve(network: FloatNetwork): ObservedTensor[] {
  return observedTensors(network.module().entry).map(({ name, type }) => ({ name, channels: type.shape.at(-1) || 1 }));
}

/** Compiles the network. Throws CompileError I8C0004 where all tensors together do not fit the memory of a module. */
export function calibrationModule(network: FloatNetwork): CalibrationModule {
  const module = network.module();
  const func = module.entry;
  const own = func.outputs.length;
  const tensors = tensorsToObserve(network);
  for (const { name } of tensors) {
    const value = valueNamed(func, name);
    if (value === undefined) throw new Error(`there is no value ${name}`);
    func.addOutput(name, value);
  }
  const { loops } = lowerModule(module, { name: 'network', isa: wasmIsa('simd') });
  const { binary, layout } = buildModule(loops, 'simd');
  const outputs = placesOf(loops, 'output', layout.addressOf);
  return {
    wasm: compileModule(binary),
    memoryBytes: layout.pages * pageBytes,
    inputs: placesOf(loops, 'input', layout.addressOf),
    tensors: tensors.map((tensor, i) => ({ ...tensor, ...(outputs[own + i] ?? { address: 0, bytes: 0 }) })),
    hasState: layout.states.length > 0,
  };
}

function placesOf(
  { storages }: LoopProgram,
  kind: StorageClass,
  addressOf: (storage: LoopProgram['storages'][number]) => number,
): Place[] {
  return storages
    .filter((s) => s.storage === kind)
    .map((s) => ({ address: addressOf(s), bytes: s.length * bytesPerElement(s.element) }));
}
