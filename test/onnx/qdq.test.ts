// Quantized ONNX networks (QuantizeLinear, operator, DequantizeLinear): what becomes of them, every operator against ONNX
// Runtime on equal inputs, and the share of labelled samples that they get right.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { identifierOf } from '../../ir/identifiers.ts';
import type { Module, Value } from '../../ir/module.ts';
import { constantOf } from '../../ir/ops/constant.ts';
import { allocateTensor, type Elements, type TensorArray, type TensorData } from '../../ir/tensor-data.ts';
import { elementCount, type TensorType } from '../../ir/types.ts';
import { canonicalize } from '../../passes/canonicalize.ts';
import { foldConstants } from '../../passes/fold-constants.ts';
import { fuseQuantization } from '../../passes/fuse-quantization.ts';
import { makeInteger } from '../../passes/make-integer.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { decodeNpy } from '../../src/files/npy.ts';
import { convertElements } from '../../src/frontends/onnx/constant-tensor.ts';
import { createRunner, importModel, type Program } from '../../src/index.ts';
import { hasShared, listShared, sharedPath } from '../shared-folder.ts';

const networks = ['kws_dscnn_qdq', 'resnet8_qdq'];

const importOf = (...path: string[]) => importModel(readFileSync(sharedPath(...path)));

/** A golden array as the element type that the program has there. */
function golden(type: TensorType, ...path: string[]): TensorData {
  const { element, bytes } = decodeNpy(readFileSync(sharedPath('golden-onnx', ...path)));
  const data = convertElements(element, bytes, type.element);
  if (data === undefined || data.length !== elementCount(type.shape))
    throw new Error(`${path.join('/')} is no ${type.element}`);
  return { type, data };
}

/** The integer program with every value that the file names still there: nothing is fused across them. */
function integerModule(program: Program): { module: Module; notes: string[] } {
  const module = program.module();
  const notes: string[] = [];
  const passes = [canonicalize, fuseQuantization, foldConstants, makeInteger];
  runPasses(module, { passes, report: (d) => notes.push(`${d.code} ${d.where}`) });
  return { module, notes };
}

/** Runs operator after operator; `settle` may look at a value and give another in its place for all that follow. */
function interpret(
  module: Module,
  inputs: readonly TensorArray[],
  settle: (v: Value, t: TensorData) => TensorData,
): void {
  const { entry } = module;
  const values = new Map<Value, TensorData>(
    entry.inputs.map(({ value }, i) => [value, { type: value.type, data: inputs[i] ?? new Float32Array() }]),
  );
  for (const op of entry.ops) {
    const results = op.results.map((r) => constantOf(r) ?? allocateTensor(r.type));
    const operands = op.operands.map((v) => v && values.get(v));
    if (op.operands.length > 0) op.definition.reference?.({ operands, attributes: op.attributes, results });
    for (const [i, r] of op.results.entries()) values.set(r, settle(r, results[i] ?? allocateTensor(r.type)));
  }
}

describe.skipIf(!hasShared('golden-onnx'))('quantized networks', () => {
  it.each(networks)('%s: each operator is within one step of ONNX Runtime on equal inputs', async (name) => {
    const program = await importOf('models', 'onnx', `${name}.onnx`);
    const { module } = integerModule(program);
    const index: unknown = JSON.parse(readFileSync(sharedPath('golden-onnx', 'index.json'), 'utf8'));
    const names = (index as Record<string, { tensors_0: Record<string, string> }>)[name]?.tensors_0 ?? {};
    const files = new Map(Object.entries(names).map(([file, tensor]) => [identifierOf(tensor), file]));
    const input = module.entry.inputs[0]?.value.type;
    if (input === undefined) throw new Error('no input');
    const farthest = new Map<string, number>();
    interpret(module, [golden(input, name, 'input_0.npy').data], (value, tensor) => {
      const file = files.get(value.name);
      if (file === undefined || value.type.quant === undefined) return tensor;
      const expected = golden(value.type, name, 'tensors_0', file);
      const [got, wanted]: Elements[] = [tensor.data, expected.data];
      let most = 0;
      for (let i = 0; i < tensor.data.length; i++)
        most = Math.max(most, Math.abs(Number(got?.[i]) - Number(wanted?.[i])));
      farthest.set(file, most);
      return expected;
    });
    // Quantized twice alike (before and behind a Flatten) is one value here: nothing is left out but copies.
    const bytes = (file: string) => decodeNpy(readFileSync(sharedPath('golden-onnx', name, 'tensors_0', file))).bytes;
    const compared = [...farthest.keys()].map(bytes);
    const left = Object.keys(names).filter((file) => !farthest.has(file));
    expect(left.filter((file) => !compared.some((other) => Buffer.compare(other, bytes(file)) === 0))).toEqual([]);
    expect(compared.length).toBeGreaterThan(10);
    expect(Math.max(...farthest.values())).toBeLessThanOrEqual(1);
  });
});

/** Operators that work on floats beside the quantization of inputs and the dequantization of outputs. */
function floatOperators(program: Program): string[] {
  const module = program.module();
  runPasses(module);
  const { entry } = module;
  const isEdge = (names: readonly string[], name: string) => names.includes(name);
  return entry.ops.flatMap(({ definition, operands, results }) => {
    const floats = [...operands, ...results].some((v) => v?.type.element === 'f32');
    return floats && !isEdge(['constant', 'quantize', 'dequantize'], definition.name) ? [definition.name] : [];
  });
}

describe.skipIf(!hasShared('models', 'onnx'))('nothing computes in f32 in', () => {
  const derived = listShared('models', 'onnx-derived').filter((file) => file.includes('.qdq'));
  const files = [...networks.map((n) => ['onnx', `${n}.onnx`]), ...derived.map((file) => ['onnx-derived', file])];
  it.each(files)('%s/%s', async (folder, file) => {
    expect(floatOperators(await importOf('models', folder ?? '', file ?? ''))).toEqual([]);
  });
});

interface DataSet {
  readonly model: readonly string[];
  readonly data: readonly string[];
  /** A sample's bytes as the network's input. */
  feed(sample: Buffer): TensorArray;
  /** Samples in the set, elements per sample, bytes of each. */
  readonly sizes: readonly [count: number, elements: number, bytes: number];
  /** How many of them the network is to classify as labelled, at least. */
  readonly right: number;
}

/** Rows of pixels with their colours beside each other as planes of colours. */
function planes(sample: Buffer): number[] {
  const pixels = sample.length / 3;
  return Array.from(sample, (_, i) => sample[(i % pixels) * 3 + Math.floor(i / pixels)] ?? 0);
}

const dataSets: readonly DataSet[] = [
  {
    model: ['models', 'onnx', 'kws_dscnn_qdq.onnx'],
    data: ['data', 'kws01', 'mfcc_f32.bin'],
    feed: (sample) => new Float32Array(sample.buffer.slice(sample.byteOffset, sample.byteOffset + sample.length)),
    sizes: [499, 490, 4],
    right: 451,
  },
  {
    model: ['models', 'onnx', 'resnet8_qdq.onnx'],
    data: ['data', 'cifar10', 'test.bin'],
    feed: (sample) => Float32Array.from(planes(sample)),
    sizes: [500, 3072, 1],
    right: 438,
  },
];

describe.skipIf(!hasShared('data'))('labelled samples', () => {
  it.each(dataSets)(
    '$model',
    { timeout: 120_000 },
    async ({ model, data, feed, sizes: [count, elements, bytes], right }) => {
      const program = await importOf(...model);
      const samples = readFileSync(sharedPath(...data));
      const { labels } = JSON.parse(readFileSync(sharedPath(...data.slice(0, -1), 'labels.json'), 'utf8')) as {
        labels: number[];
      };
      const runner = await createRunner(program, { target: 'wasm' });
      const [input = '', output = ''] = [program.inputs[0]?.name, program.outputs[0]?.name];
      let hits = 0;
      for (let k = 0; k < count; k++) {
        const size = elements * bytes;
        const { [output]: scores } = await runner.run({ [input]: feed(samples.subarray(k * size, (k + 1) * size)) });
        const list = Array.from(scores ?? [], Number);
        if (list.indexOf(Math.max(...list)) === labels[k]) hits++;
      }
      await runner.close();
      expect(hits).toBeGreaterThanOrEqual(right);
    },
  );
});
