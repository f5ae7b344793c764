// NAME.json: what a program is, for build systems and people: interface, sizes, memory plan, origin.
import type { InterfaceTensor, LoopProgram, Storage } from '../ir/loops/kernel.ts';
import { bytesPerElement, type ElementType } from '../ir/types.ts';

export interface TensorManifest {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly quantization?: {
    readonly scale: readonly number[];
    readonly zeroPoint: readonly number[];
    readonly axis?: number;
  };
}

export interface Manifest {
  readonly name: string;
  readonly compiler: string;
  readonly target: string;
  /** SHA-256 of the model file. */
  readonly sourceSha256: string;
  readonly inputs: readonly TensorManifest[];
  readonly outputs: readonly TensorManifest[];
  readonly states: readonly TensorManifest[];
  /** Multiply-accumulates of one run. */
  readonly macs: number;
  readonly bytes: {
    /** Constants in the artifact: weights, biases, tables. */
    readonly constants: number;
    readonly arena: number;
    /** The largest set of bytes live at one moment: no plan needs less. */
    readonly arenaLowerBound: number;
    readonly state: number;
  };
  /** What the program runs: calls in order, each with the operators of the model that it comes from. */
  readonly calls: readonly { readonly kernel: string; readonly location: string }[];
  /** Offsets of the arena's buffers, in bytes. */
  readonly arena: readonly { readonly name: string; readonly offset: number; readonly bytes: number }[];
}

export interface ManifestSource {
  readonly program: LoopProgram;
  readonly compiler: string;
  readonly target: string;
  readonly sourceHash: string;
  readonly macs: number;
}

const bytesOfStorage = (s: Storage) => s.length * bytesPerElement(s.element);

/** Describes a lowered program. */
export function manifestOf({ program, compiler, target, sourceHash, macs }: ManifestSource): Manifest {
  const of = (kind: Storage['storage']) => program.storages.filter((s) => s.storage === kind);
  const total = (kind: Storage['storage']) => of(kind).reduce((sum, s) => sum + bytesOfStorage(s), 0);
  const interfaceOf = (kind: Storage['storage']) =>
    of(kind).flatMap((s) => (s.tensor === undefined ? [] : [tensorManifest(s.element, s.tensor)]));
  return {
    name: program.name,
    compiler,
    target,
    sourceSha256: sourceHash,
    inputs: interfaceOf('input'),
    outputs: interfaceOf('output'),
    states: interfaceOf('state'),
    macs,
    bytes: {
      constants: total('const'),
      arena: program.arena.bytes,
      arenaLowerBound: program.arena.lowerBound,
      state: total('state'),
    },
    calls: program.calls.map((c) => ({ kernel: c.kernel.name, location: c.location })),
    arena: of('arena').flatMap((s) => {
      const offset = program.arena.offsets.get(s);
      return offset === undefined ? [] : [{ name: s.name, offset, bytes: bytesOfStorage(s) }];
    }),
  };
}

/** A tensor of the interface, as the manifest and `outputs.json` describe it. */
export function tensorManifest(element: ElementType, tensor: InterfaceTensor): TensorManifest {
  const { name, shape, quant } = tensor;
  if (quant === undefined) return { name, type: element, shape };
  const axis = quant.axis === undefined ? {} : { axis: quant.axis };
  return { name, type: element, shape, quantization: { scale: quant.scale, zeroPoint: quant.zero, ...axis } };
}
