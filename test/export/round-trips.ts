// What tests of the exporters share: programs in their quantized form, the same with the rounding of a file format, and
// comparing two programs byte by byte.
import type { Rounding } from '../../ir/attributes.ts';
import { Module, type Op } from '../../ir/module.ts';
import { averagePool2d } from '../../ir/ops/pool2d.ts';
import { quantize } from '../../ir/ops/quantize.ts';
import { reduceMean } from '../../ir/ops/reduce-sum.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import { elementCount, integerRange, type TensorType } from '../../ir/types.ts';
import { canonicalize } from '../../passes/canonicalize.ts';
import { eliminateDeadCode } from '../../passes/eliminate-dead-code.ts';
import { foldBatchNorm } from '../../passes/fold-batch-norm.ts';
import { foldConstants } from '../../passes/fold-constants.ts';
import { fuseActivation } from '../../passes/fuse-activation.ts';
import { fuseQuantization } from '../../passes/fuse-quantization.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { rewrite } from '../../passes/rewrite.ts';
import { sinkTransposes } from '../../passes/sink-transposes.ts';
import { createRunner, importModel, type Program } from '../../src/index.ts';
import { programOf } from '../../src/program.ts';

const toQuantizedForm = [
  canonicalize,
  fuseQuantization,
  foldConstants,
  sinkTransposes,
  foldConstants,
  foldBatchNorm,
  fuseActivation,
  eliminateDeadCode,
];

/** The program as the exporters take it: operators on quantized types. */
export function quantizedForm(program: Program): Module {
  const module = program.module();
  runPasses(module, { passes: toQuantizedForm });
  return module;
}

/**
 * What a file format means by the module: its rounding, and where its QUANTIZE puts ties. A pool of a whole image is a
 * mean in ONNX and rounds as everything does there, where TensorFlow Lite's pools have a rounding of their own.
 */
export function inFormat(module: Module, format: 'onnx' | 'tflite'): Module {
  const rounding: Rounding = format === 'onnx' ? 'half-even' : 'double';
  const ties = format === 'onnx' ? 'even' : 'away';
  const same = new Module(module.name, rounding);
  same.functions.push(...module.functions);
  for (const func of same.functions) {
    rewrite(func, (op, builder) => {
      if (op.definition === quantize && op.attributes.ties !== ties) {
        return [builder.create(quantize, op.operands, { ties }, op.result.type)];
      }
      if (format !== 'onnx' || !isWholeMean(op)) return undefined;
      return [builder.create(reduceMean, op.operands, { axes: [1, 2], keep_dims: true }, op.result.type)];
    });
  }
  return same;
}

function isWholeMean({ definition, attributes, operands: [x] }: Op): boolean {
  if (definition !== averagePool2d || x?.type.quant === undefined) return false;
  const { kernel, pad } = attributes as { kernel: readonly number[]; pad: readonly number[] };
  return kernel[0] === x.type.shape[1] && kernel[1] === x.type.shape[2] && pad.every((n) => n === 0);
}

/** A program of a module; each call of `build` gives a fresh one. */
export const programFrom = (name: string, build: () => Module): Program =>
  programOf(name, '', () => ({ module: build(), diagnostics: [] }));

/** A generator of numbers in [0, 1): mulberry32, from a seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Any elements of a type; floats between -2 and 2 and integers of 32 bits few, as indices are. */
export function randomInput({ element, shape }: TensorType, random: () => number): TensorArray {
  const array = allocateArray(element, elementCount(shape));
  const small = element === 'i8' || element === 'u8' || element === 'i16';
  const { min, max } = small ? integerRange(element) : { min: 0, max: 1 };
  for (let i = 0; i < array.length; i++) {
    if (array instanceof BigInt64Array) array[i] = BigInt(Math.floor(2 * random()));
    else array[i] = element === 'f32' ? 4 * random() - 2 : min + Math.floor((max - min + 1) * random());
  }
  return array;
}

/** The greatest distance of two outputs over a few runs of both programs on the same inputs, in units of an element. */
export async function distance(a: Program, b: Program, runs = 2): Promise<number> {
  const [left, right] = [await createRunner(a, { target: 'wasm' }), await createRunner(b, { target: 'wasm' })];
  const random = randomNumbers(a.inputs.length + 7);
  let most = 0;
  for (let k = 0; k < runs; k++) {
    const arrays = a.inputs.map(({ type }) => randomInput(type, random));
    const feeds = ({ inputs }: Program) => Object.fromEntries(inputs.map(({ name }, i) => [name, arrays[i]!]));
    const [x, y] = [await left.run(feeds(a)), await right.run(feeds(b))];
    for (const [i, { name }] of a.outputs.entries()) {
      const [p, q] = [x[name]!, y[b.outputs[i]?.name ?? '']];
      if (q === undefined || q.length !== p.length) return Number.POSITIVE_INFINITY;
      for (let j = 0; j < p.length; j++) {
        if (!Object.is(p[j], q[j])) most = Math.max(most, Math.abs(Number(p[j]) - Number(q[j])));
      }
    }
  }
  await left.close();
  await right.close();
  return most;
}

/** The distance between the quantized form of a program, as the format means it, and the file read back. */
export async function distanceOfRoundTrip(
  build: () => Module,
  format: 'onnx' | 'tflite',
  file: Uint8Array,
  runs?: number,
): Promise<number> {
  const original = programFrom('original', () => inFormat(build(), format));
  return distance(original, await importModel(file, { format }), runs);
}
