// Runs a program as WGSL: the artifact itself, loader included, on this machine's WebGPU device.
import { printWgsl } from '../../backends/wgsl/print.ts';
import { internalError } from '../../ir/diagnostics.ts';
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import type { Engine } from '../runner.ts';
import { gpuDevice } from './web-gpu.ts';

/** What the loader's module exports, as its declarations say. */
interface Loader {
  createModel(
    device: object,
    options: LoadOptions & { locate: (file: string) => unknown; gpu: object },
  ): Promise<WgslModel>;
}

/** What the loader is told. */
export interface LoadOptions {
  /** Whether shaders call the builtins for packed bytes, or functions that do the same; by default what is faster. */
  readonly builtins?: boolean;
}

/** A program with its memory on the device. Tensors are named `input0`, `output0` ... by their positions. */
export interface WgslModel {
  readonly arena: object;
  readonly outputs: Readonly<Record<string, { readonly offset: number }>>;
  /** Encodes one inference into a command encoder, as one compute pass. */
  encode(encoder: object): void;
  run(inputs: Readonly<Record<string, TensorArray>>): Promise<Readonly<Record<string, TensorArray>>>;
  reset(): void;
  destroy(): void;
}

/** Prints the program, loads it and gives it memory on the device. Throws CompileError I8C0406 without WebGPU. */
export async function loadWgsl(program: LoopProgram, options: LoadOptions = {}): Promise<WgslModel> {
  const { gpu, device } = await gpuDevice();
  const { files } = printWgsl(withPositions(program));
  const contents = (name: string) => files.get(name) ?? internalError(`the artifact has no file ${name}`);
  const encoder = new TextEncoder();
  const locate = (name: string) => {
    const found = contents(name);
    return typeof found === 'string' ? encoder.encode(found) : found;
  };
  const script = [...files.keys()].find((name) => name.endsWith('.js')) ?? '';
  const url = `data:text/javascript,${encodeURIComponent(String(contents(script)))}`;
  const { createModel } = (await import(/* @vite-ignore */ url)) as Loader;
  return createModel(device, { ...options, locate, gpu });
}

/** A program as an engine. Throws CompileError I8C0406 without WebGPU. */
export async function createWgslEngine(program: LoopProgram): Promise<Engine> {
  const model = await loadWgsl(program);
  return {
    reset: () => model.reset(),
    async run(inputs) {
      const results = await model.run(Object.fromEntries(inputs.map((array, i) => [`input${i}`, array])));
      return Object.keys(model.outputs).map((name) => results[name] ?? internalError(`there is no ${name}`));
    },
    close: async () => model.destroy(),
  };
}

/** The program with its inputs and outputs named by their positions. */
function withPositions(program: LoopProgram): LoopProgram {
  const counts = { input: 0, output: 0 };
  const renamed = new Map<Storage, Storage>();
  for (const s of program.storages) {
    const kind = s.storage;
    if (kind !== 'input' && kind !== 'output') continue;
    const shape = s.tensor?.shape ?? [s.length];
    renamed.set(s, { ...s, tensor: { name: `${kind}${counts[kind]++}`, shape } });
  }
  const now = (s: Storage) => renamed.get(s) ?? s;
  return {
    ...program,
    storages: program.storages.map(now),
    calls: program.calls.map((c) => ({ ...c, args: c.args.map((a) => ({ ...a, storage: now(a.storage) })) })),
  };
}
