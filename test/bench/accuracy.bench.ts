// What quantization costs: labelled samples and output errors of float networks against their int8 forms, by method.
// Writes docs/accuracy.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { elementCount } from '../../ir/types.ts';
import { importModelFile } from '../../src/files/model-file.ts';
import { createRunner, type Feeds, type Program, type TensorInfo } from '../../src/index.ts';
import { type FloatNetwork, floatNetwork } from '../../src/quantize/float-network.ts';
import { linearLayers } from '../../src/quantize/plan.ts';
import { pruneWeights } from '../../src/quantize/pruning/prune-weights.ts';
import { type QuantizeOptions, quantize } from '../../src/quantize/quantize.ts';
import { weightRow } from '../../src/quantize/reconstruction/weight-rows.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import { resizePicture } from '../../src/samples/resize-picture.ts';
import { samplesOf } from '../../src/samples/sample-source.ts';
import { realNetworks } from '../onnx/real-networks.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { wavesAndNoise } from '../waves-and-noise.ts';
import { digitPicture } from './digit-pictures.ts';
import { printTable } from './table.ts';

const methods = ['minmax', 'mean', 'percentile', 'entropy', 'mse', 'auto'] as const;

/** A network, samples to calibrate with, and others to judge with. */
interface Subject {
  readonly name: string;
  readonly program: Program;
  readonly calibration: readonly Feeds[];
  readonly judged: readonly Feeds[];
  readonly labels?: readonly number[];
  /** Inputs that take what the last run gave for an output: input to output. */
  readonly state?: Readonly<Record<string, string>>;
  /** Share of the same samples that TensorFlow Lite's converter's int8 network gets right. */
  readonly converter?: number;
}

const floatsIn = (...path: string[]) => new Float32Array(Uint8Array.from(readFileSync(sharedPath(...path))).buffer);

function labelsOf(set: string): number[] {
  return (JSON.parse(readFileSync(sharedPath('data', set, 'labels.json'), 'utf8')) as { labels: number[] }).labels;
}

/** What the labels' folder holds of the converter's int8 network: scores of each sample. */
function converterHits(set: string, from: number, labels: readonly number[], classes: number): number {
  const scores = new Int8Array(readFileSync(sharedPath('data', set, 'tflm_int8_outputs.bin')));
  const hits = labels.filter((label, i) => {
    const row = Array.from(scores.subarray((from + i) * classes, (from + i + 1) * classes));
    return row.indexOf(Math.max(...row)) === label;
  });
  return hits.length / labels.length;
}

const feed = (program: Program, data: Float32Array): Feeds => ({ [program.inputs[0]?.name ?? '']: data });

async function keywords(): Promise<Subject> {
  const program = await importModelFile(sharedPath('models', 'onnx', 'kws_dscnn_float.onnx'));
  const clips = floatsIn('data', 'kws01', 'mfcc_f32.bin');
  const all = labelsOf('kws01').map((_, k) => feed(program, clips.slice(k * 490, (k + 1) * 490)));
  const [count, labels] = [200, labelsOf('kws01').slice(200)];
  const converter = converterHits('kws01', count, labels, 12);
  return {
    name: 'kws_dscnn_float',
    program,
    calibration: all.slice(0, count),
    judged: all.slice(count),
    labels,
    converter,
  };
}

async function cifarPictures(): Promise<Subject> {
  const program = await importModelFile(sharedPath('models', 'onnx', 'resnet8_float.onnx'));
  const read = (file: string, count: number) => {
    const bytes = readFileSync(sharedPath('data', 'cifar10', file));
    return Array.from({ length: count }, (_, k) => {
      const picture = bytes.subarray(k * 3072, (k + 1) * 3072);
      // Pixels as planes of colours.
      return feed(
        program,
        Float32Array.from(picture, (_, i) => picture[(i % 1024) * 3 + Math.floor(i / 1024)] ?? 0),
      );
    });
  };
  const labels = labelsOf('cifar10');
  const converter = converterHits('cifar10', 0, labels, 10);
  return {
    name: 'resnet8_float',
    program,
    calibration: read('train.bin', 256),
    judged: read('test.bin', 500),
    labels,
    converter,
  };
}

/** Windows of five frames of the one given clip: every fourth judges. */
async function machineSounds(): Promise<Subject> {
  const program = await importModelFile(sharedPath('models', 'onnx', 'ad01_float.onnx'));
  const frames = floatsIn('data', 'ad01_sample', 'logmel_f32.bin');
  const windows = Array.from({ length: 196 }, (_, k) => feed(program, frames.slice(k * 128, k * 128 + 640)));
  const part = (judges: boolean) => windows.filter((_, k) => (k % 4 === 0) === judges);
  return { name: 'ad01_float', program, calibration: part(false), judged: part(true) };
}

/** A training image, scaled to a network's input: its size, its order of dimensions, its range. */
function scaledPicture(k: number, shape: readonly number[], [low, high]: readonly [number, number]): Float32Array {
  const bytes = readFileSync(sharedPath('data', 'cifar10', 'train.bin')).subarray(k * 3072, (k + 1) * 3072);
  const isPlanes = shape[1] === 3;
  const [height = 1, width = 1] = isPlanes ? shape.slice(2) : shape.slice(1);
  const whole = { left: 0, top: 0, width, height };
  const { data } = resizePicture({ width: 32, height: 32, channels: 3, data: bytes }, width, height, whole);
  const pixels = width * height;
  return Float32Array.from({ length: 3 * pixels }, (_, i) => {
    const at = isPlanes ? (i % pixels) * 3 + Math.floor(i / pixels) : i;
    return low + ((high - low) * (data[at] ?? 0)) / 255;
  });
}

/** What a network from the field is fed. */
type FieldKind = 'pictures' | 'digits' | 'waves';

/** Of a network from the field: to calibrate with, and to judge with. */
const fieldSamples = { calibration: 32, judged: 64 };

async function field(file: string, kind: FieldKind): Promise<Subject> {
  const known = realNetworks.find(({ name }) => `${name}.onnx` === file);
  const program = await importModelFile(sharedPath('models', 'real', file), known?.options);
  const range = known?.range ?? [0, 1];
  const random = seededRandom(41);
  const sample = ({ name, type }: TensorInfo, k: number) => {
    if (known?.state?.[name] !== undefined) return new Float32Array(elementCount(type.shape));
    if (kind === 'pictures') return scaledPicture(k, type.shape, range);
    return kind === 'digits' ? digitPicture(k, type.shape, range) : wavesAndNoise({ name, type }, range, random);
  };
  const { calibration, judged } = fieldSamples;
  const feeds = Array.from({ length: calibration + judged }, (_, k) =>
    Object.fromEntries(program.inputs.map((input) => [input.name, sample(input, k)])),
  );
  return {
    name: `${file}, ${kind}`,
    program,
    calibration: (await runInSteps(program, feeds.slice(0, calibration), known?.state ?? {})).map(({ taken }) => taken),
    judged: feeds.slice(calibration),
    ...(known?.state === undefined ? {} : { state: known.state }),
  };
}

interface Judgement {
  /** Signal to noise of each output in dB, as a mean over outputs. */
  readonly snr: number;
  readonly agreement: number;
  readonly right?: number;
}

const greatest = (scores: readonly number[] = []) => scores.indexOf(Math.max(...scores));

async function outputsOf(program: Program, { judged, state = {} }: Subject): Promise<number[][][]> {
  return (await runInSteps(program, judged, state)).map(({ results }) =>
    Object.values(results).map((data) => Array.from(data, Number)),
  );
}

/** Runs a program over samples, with states as it left them: what it took each time, and what it gave. */
async function runInSteps(program: Program, samples: readonly Feeds[], state: Readonly<Record<string, string>>) {
  const runner = await createRunner(program, { target: 'wasm' });
  const steps: { readonly taken: Feeds; readonly results: Feeds }[] = [];
  for (const feeds of samples) {
    const before = steps.at(-1)?.results;
    const kept = Object.entries(state).flatMap(([input, output]) => {
      const value = before?.[output];
      return value === undefined ? [] : [[input, value] as const];
    });
    const taken = { ...feeds, ...Object.fromEntries(kept) };
    steps.push({ taken, results: await runner.run(taken) });
  }
  await runner.close();
  return steps;
}

function judge({ labels }: Subject, wanted: readonly number[][][], found: readonly number[][][]): Judgement {
  const outputs = wanted[0]?.length ?? 0;
  let snr = 0;
  for (let o = 0; o < outputs; o++) {
    let [signal, noise] = [0, 0];
    wanted.forEach((sample, k) => {
      sample[o]?.forEach((v, i) => {
        signal += v * v;
        noise += (v - (found[k]?.[o]?.[i] ?? Number.NaN)) ** 2;
      });
    });
    snr += (10 * Math.log10(signal / noise)) / outputs;
  }
  const same = wanted.filter((sample, k) => greatest(sample[0]) === greatest(found[k]?.[0]));
  const right = labels && found.filter((sample, k) => greatest(sample[0]) === labels[k]).length / found.length;
  return { snr, agreement: same.length / wanted.length, ...(right === undefined ? {} : { right }) };
}

async function judged(subject: Subject, wanted: readonly number[][][], options: QuantizeOptions): Promise<Judgement> {
  const quantized = await quantize(subject.program, samplesOf(subject.calibration), options);
  return judge(subject, wanted, await outputsOf(quantized.program, subject));
}

const percent = (share: number | undefined) => (share === undefined ? '' : (100 * share).toFixed(2));

/** Markdown of a table. */
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const sparsities = [0.3, 0.5, 0.7];

/** Sides of the blocks that a kernel could skip: outputs and inputs of a dot product of 4, and of a tile. */
const blocks = [4, 16];

/** The share of square blocks of weights, outputs by inputs, that are 0 throughout; depthwise layers have none. */
function zeroBlocks(network: FloatNetwork, side: number): number {
  let [zeros, count] = [0, 0];
  for (const layer of linearLayers(network.module().entry)) {
    if (layer.op.definition.name === 'depthwise_conv2d') continue;
    const rows = Array.from({ length: layer.channels }, (_, o) => weightRow(layer, o));
    const length = rows[0]?.length ?? 0;
    for (let o = 0; o < rows.length; o += side)
      for (let k = 0; k < length; k += side) {
        count++;
        if (rows.slice(o, o + side).every((row) => row.subarray(k, k + side).every((w) => w === 0))) zeros++;
      }
  }
  return zeros / count;
}

/** What pruning costs, by magnitude and as `--prune` does it. */
async function prunedRows(subject: Subject, wanted: readonly number[][][]): Promise<string[][]> {
  const figure = ({ right, snr }: Judgement) =>
    right === undefined ? `${snr.toFixed(1)} dB` : `${percent(right)} %, ${snr.toFixed(1)} dB`;
  const rows: string[][] = [];
  for (const sparsity of sparsities) {
    const least = floatNetwork(subject.program, (module) => pruneWeights(module, sparsity));
    const magnitudes = { ...subject.program, module: () => least.module() };
    const byMagnitude = await judged({ ...subject, program: magnitudes }, wanted, { method: 'minmax' });
    const samples = samplesOf(subject.calibration);
    const { program, network } = await quantize(subject.program, samples, { method: 'minmax', prune: sparsity });
    const bySamples = judge(subject, wanted, await outputsOf(program, subject));
    rows.push([
      ...[subject.name, `${100 * sparsity} %`, figure(byMagnitude), figure(bySamples)],
      ...blocks.map((side) => percent(zeroBlocks(network, side))),
    ]);
  }
  return rows;
}

it.skipIf(!hasShared('models'))('accuracy', async () => {
  const lines = [
    '<!-- Written by `npm run bench -- accuracy`. Edit that, not this. -->',
    '',
    '# Accuracy of quantized networks',
    '',
    'Float networks against what `int8c quantize` makes of them, int8 everywhere, on samples that calibration has not seen.',
    'SNR is the power of the float outputs over that of the difference, in dB, as a mean over outputs.',
  ];
  const labelled: string[][] = [];
  const pruned: string[][] = [];
  for (const subject of [await keywords(), await cifarPictures()]) {
    const wanted = await outputsOf(subject.program, subject);
    const float = judge(subject, wanted, wanted);
    labelled.push([subject.name, 'float', percent(float.right), '', '']);
    labelled.push([subject.name, "TensorFlow Lite's converter", percent(subject.converter), '', '']);
    for (const method of methods) {
      const { right, agreement, snr } = await judged(subject, wanted, { method });
      labelled.push([subject.name, method, percent(right), percent(agreement), snr.toFixed(1)]);
    }
    pruned.push(...(await prunedRows(subject, wanted)));
  }
  const ofMethods = methods.map((method) => {
    const rows = labelled.filter((row) => row[1] === method).map((row) => Number(row[2]));
    return ['mean of both', method, percent(rows.reduce((a, b) => a + b, 0) / rows.length / 100), '', ''];
  });
  const head = ['network', 'method', 'right, %', 'as float, %', 'SNR, dB'];
  lines.push('', '## Labelled samples', '');
  lines.push(
    'Keywords: 200 clips to calibrate, 299 others judged. Pictures: 256 training images, 500 test images. The',
  );
  lines.push("converter's keyword network is another training run.", '', table(head, [...labelled, ...ofMethods]));
  printTable('Labelled samples', head, [...labelled, ...ofMethods]);

  const fields = [
    ['yunet_n_320.onnx', 'pictures'],
    ['yunet_n_320.onnx', 'waves'],
    ['mp_face_short.tflite', 'pictures'],
    ['mp_selfie.tflite', 'pictures'],
    ['mp_selfie.tflite', 'waves'],
    ['ppocr_v4_det.onnx', 'digits'],
    ['ppocr_v4_det.onnx', 'waves'],
    ['autoencoder1d.onnx', 'waves'],
    ['dtln_1_onnx.onnx', 'waves'],
  ] as const;
  const compared = ['minmax', 'entropy', 'mse', 'auto'] as const;
  const rows: string[][] = [];
  for (const subject of [
    await machineSounds(),
    ...(await Promise.all(fields.map(([file, kind]) => field(file, kind)))),
  ]) {
    const wanted = await outputsOf(subject.program, subject);
    const row = [subject.name];
    for (const method of compared) row.push((await judged(subject, wanted, { method })).snr.toFixed(1));
    rows.push(row);
    if (subject.name === 'ad01_float') pruned.push(...(await prunedRows(subject, wanted)));
    printTable('SNR, dB', ['network', ...compared], [row]);
  }
  lines.push('', '## Output SNR in dB', '');
  lines.push(
    '`ad01_float`: windows of one clip. The others, face detectors, a segmenter, a text detector, an audio autoencoder and recurrent\nnoise suppression (each step takes the states that its own network left):',
  );
  const { calibration, judged: others } = fieldSamples;
  lines.push(
    `enlarged CIFAR-10 pictures, rows of handwritten digits, or seeded waves with noise; ${calibration} samples to calibrate and ${others} to judge.`,
    'Where samples hold nothing that a network looks for (waves for a segmenter of people, or for a text detector), its outputs',
    'are next to nothing, and so is what their SNR says.',
    '',
  );
  lines.push(table(['network', ...compared], rows), '');
  const prunedHead = ['network', 'zeros', 'by magnitude', '`--prune`', ...blocks.map((n) => `${n} x ${n} zeros, %`)];
  lines.push(
    '## Pruned weights',
    '',
    'Quantized with `minmax`, on the samples above. The last columns are of what `--prune` leaves: the',
  );
  lines.push(
    'share of blocks of weights, outputs by inputs, that are 0 throughout.',
    '',
    table(prunedHead, pruned),
    '',
  );
  printTable('Pruned', prunedHead, pruned);
  writeFileSync(new URL('../../docs/accuracy.md', import.meta.url), lines.join('\n'));
});
