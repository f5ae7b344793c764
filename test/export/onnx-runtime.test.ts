// Written ONNX files in ONNX Runtime, node by node: within a step of int8c, and of equal use on labelled samples.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TensorArray } from '../../ir/tensor-data.ts';
import type { ElementType } from '../../ir/types.ts';
import { exportOnnx } from '../../src/export/onnx/export.ts';
import { createRunner, importModel, type Program } from '../../src/index.ts';
import { createOrtSession, type OrtSession, onnxRuntime } from '../onnx/onnx-runtime.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { importNetwork, networks } from './networks.ts';
import { quantizedForm, randomInput, randomNumbers } from './round-trips.ts';

const ort = onnxRuntime;

const ortTypes: Partial<Record<ElementType, 'float32' | 'int8' | 'uint8' | 'int16'>> = {
  f32: 'float32',
  i8: 'int8',
  u8: 'uint8',
  i16: 'int16',
};

/** Outputs of a session, in the program's order. */
async function answers(session: OrtSession, program: Program, arrays: readonly TensorArray[]): Promise<TensorArray[]> {
  if (ort === undefined) throw new Error('there is no ONNX Runtime');
  const { Tensor } = ort;
  const feeds = program.inputs.map(({ name, type: { element, shape } }, i) => {
    const type = ortTypes[element];
    if (type === undefined) throw new Error(`no feeds of ${element}`);
    return [name, new Tensor(type, arrays[i]!, shape)] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  return program.outputs.map(({ name }) => results[name]!.data);
}

/** Deep networks of noise: what is a step apart in one layer is many behind fifty. */
const chaotic = [
  'mobilenet_v2_quantized_1x3x224x224',
  'onnx-derived/mobilenet_v2_quantized_1x3x224x224.qdq_u8_nc.onnx',
];
const written = networks.filter(
  ([name]) =>
    !['dtln_noise_suppression', 'keyword_scrambled', 'seanet_quantize1', 'trained_lstm_int8', ...chaotic].includes(
      name,
    ) && !name.startsWith('seanet_strided'),
);

describe.skipIf(ort === undefined || networks.length === 0)('in ONNX Runtime', () => {
  it.each(written)('%s is within a step', async (_, path) => {
    const file = exportOnnx(quantizedForm(await importNetwork(path)), { name: 'network' });
    const program = await importModel(file);
    if (ort === undefined || program.inputs.some(({ type }) => ortTypes[type.element] === undefined)) return;
    const session = await createOrtSession(ort, file);
    const runner = await createRunner(program, { target: 'wasm' });
    const random = randomNumbers(5);
    let [far, count] = [0, 0];
    for (let k = 0; k < 2; k++) {
      const arrays = program.inputs.map(({ type }) => randomInput(type, random));
      const theirs = await answers(session, program, arrays);
      const ours = await runner.run(Object.fromEntries(program.inputs.map(({ name }, i) => [name, arrays[i]!])));
      for (const [o, { name, type }] of program.outputs.entries()) {
        // Results in f32 are scores of 1/256, or those of float networks.
        const step = type.element === 'f32' ? 1 / 256 : 1;
        const expected = theirs[o]!;
        ours[name]!.forEach((x: number | bigint, i: number) => {
          count++;
          if (!(Math.abs(Number(x) - Number(expected[i])) <= step)) far++;
        });
      }
    }
    await runner.close();
    expect(far / count).toBeLessThanOrEqual(0.01);
  });

  it.each(networks.filter(([name]) => name.startsWith('onnx')))(
    '%s answers as the file that it was',
    async (_, path) => {
      const original = readFileSync(path);
      const program = await importModel(original);
      const file = exportOnnx(quantizedForm(program), { name: 'network' });
      if (ort === undefined) return;
      const [before, after] = [await createOrtSession(ort, original), await createOrtSession(ort, file)];
      const random = randomNumbers(6);
      const arrays = program.inputs.map(({ type }) => randomInput(type, random));
      expect(await answers(after, program, arrays)).toEqual(await answers(before, program, arrays));
    },
  );
});

interface DataSet {
  readonly model: string;
  readonly folder: string;
  readonly file: string;
  /** Bytes of a sample. */
  readonly size: number;
  feed(sample: Buffer): Float32Array;
}

const dataSets: readonly DataSet[] = [
  {
    model: 'kws_dscnn_qdq.onnx',
    folder: 'kws01',
    file: 'mfcc_f32.bin',
    size: 490 * 4,
    feed: (sample) => new Float32Array(sample.buffer.slice(sample.byteOffset, sample.byteOffset + sample.length)),
  },
  {
    model: 'resnet8_qdq.onnx',
    folder: 'cifar10',
    file: 'test.bin',
    size: 3072,
    // Rows of pixels with their colours beside each other as planes of colours.
    feed: (sample) => Float32Array.from({ length: 3072 }, (_, i) => sample[(i % 1024) * 3 + Math.floor(i / 1024)] ?? 0),
  },
];

const best = (scores: TensorArray) => {
  const list = Array.from(scores as ArrayLike<number | bigint>, Number);
  return list.indexOf(Math.max(...list));
};

describe.skipIf(ort === undefined || !hasShared('data'))('labelled samples', () => {
  it.each(dataSets)(
    '$model is as often right in both',
    { timeout: 120_000 },
    async ({ model, folder, file, size, feed }) => {
      const samples = readFileSync(sharedPath('data', folder, file));
      const labels = (
        JSON.parse(readFileSync(sharedPath('data', folder, 'labels.json'), 'utf8')) as { labels: number[] }
      ).labels;
      const original = await importNetwork(sharedPath('models', 'onnx', model));
      const bytes = exportOnnx(quantizedForm(original), { name: 'network' });
      if (ort === undefined) return;
      const session = await createOrtSession(ort, bytes);
      const runner = await createRunner(original, { target: 'wasm' });
      let [ours, theirs, same] = [0, 0, 0];
      for (const [k, label] of labels.entries()) {
        const input = feed(samples.subarray(k * size, (k + 1) * size));
        const [theirScores] = await answers(session, original, [input]);
        const results = await runner.run({ [original.inputs[0]?.name ?? '']: input });
        const [a, b] = [best(results[original.outputs[0]?.name ?? '']!), best(theirScores!)];
        if (a === label) ours++;
        if (b === label) theirs++;
        if (a === b) same++;
      }
      await runner.close();
      // 0.2 points of 500 samples.
      expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(1);
      expect(same / labels.length).toBeGreaterThanOrEqual(0.995);
    },
  );
});
