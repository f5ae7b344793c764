// Opens a data set: files of several forms, named by patterns, as samples of a program's inputs.
import { extname } from 'node:path';
import { match } from 'ts-pattern';
import { fail, quoteName } from '../../ir/diagnostics.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import type { TensorInfo } from '../program.ts';
import { assignPatterns } from './assign-patterns.ts';
import { classesOf, type FoundFile } from './find-files.ts';
import { type InputTarget, isReal, targetOf } from './input-target.ts';
import { type Preprocess, parsePreprocess } from './preprocess.ts';
import { about, type OpenSampleFile, type SampleFile } from './sample-file.ts';
import { type SampleForm, sampleExtensions } from './sample-forms.ts';
import { checkIndex, type SampleSource } from './sample-source.ts';

export interface OpenSamplesOptions {
  /** What happens to each sample; see parsePreprocess. */
  preprocess?: string;
}

/**
 * The samples that `patterns` mean: files, folders (all that is below them) and globs, in natural order. A file holds one
 * sample or several (docs/samples.md says which form holds what). A program of several inputs takes `NAME=PATTERN` for
 * each of them, whose samples belong together in their order, or .npz files with an array for each. Where the data set is
 * a folder with a folder for each class, the source has labels.
 *
 * @throws CompileError I8C0401 for a wrong --preprocess, I8C0403 for a name that is no input, I8C0402 for files that do
 * not fit their input or one another, I8C0005 where there are none; what is wrong with a file names that file.
 */
export async function openSamples(
  patterns: readonly string[],
  inputs: readonly TensorInfo[],
  options: OpenSamplesOptions = {},
): Promise<SampleSource> {
  const preprocess = parsePreprocess(options.preprocess ?? '');
  const targets = inputs.map((input) => targetOf(input, preprocess));
  checkSteps(preprocess, targets);
  const columns: Column[] = [];
  for (const [i, files] of (await assignPatterns(inputs, patterns)).entries()) {
    const target = targets[i];
    if (target !== undefined) columns.push(await openColumn(files, target, inputs.length === 1));
  }
  const [first] = columns;
  if (first === undefined) return fail('I8C0401', 'The program has no inputs, so it takes no samples.');
  const other = columns.find(({ count }) => count !== first.count);
  if (other !== undefined) {
    const has = ({ target, count }: Column) => `${count} for input ${quoteName(target.input.name)}`;
    fail('I8C0402', `The inputs have different numbers of samples: ${has(first)}, ${has(other)}.`);
  }
  const labels = columns.map((column) => column.labels).find((found) => found !== undefined);
  return {
    count: first.count,
    names: first.names,
    ...(labels === undefined ? {} : { labels }),
    async read(index) {
      checkIndex(index, first.count);
      const feeds: [string, TensorArray][] = [];
      for (const column of columns) feeds.push([column.target.input.name, await column.read(index)]);
      return Object.fromEntries(feeds);
    },
  };
}

/** Holds steps to the inputs as a whole: each needs one that it is for. */
function checkSteps({ scale, mean, std, color, resize, crop }: Preprocess, targets: readonly InputTarget[]): void {
  if ((scale ?? mean ?? std) !== undefined && !targets.some(({ input }) => isReal(input.type))) {
    fail('I8C0401', '--preprocess gives scale, mean or std, and no input takes real numbers.');
  }
  const problems = targets.map(({ picture }) => picture).filter((picture) => 'problem' in picture);
  const [first] = problems;
  if ((color ?? resize ?? crop) === undefined || first === undefined || problems.length < targets.length) return;
  const { problem, hint } = first;
  const message = `--preprocess gives color, resize or crop, which are for pictures. ${problem}`;
  fail('I8C0401', message, hint === undefined ? {} : { hint });
}

/** The samples of one input. */
interface Column extends SampleFile {
  readonly target: InputTarget;
  readonly names: readonly string[];
  readonly labels: readonly number[] | undefined;
}

/** A file may say that it holds any number of samples, and its bytes may take no space on disk. */
const maxSamples = 2 ** 23;

async function openColumn(found: readonly FoundFile[], target: InputTarget, only: boolean): Promise<Column> {
  const openNpz = lazily(async () => (await import('./npy-file.ts')).npzOpener(only));
  const files: SampleFile[] = [];
  /** The first sample of each file, and at the end the number of all. */
  const starts = [0];
  const names: string[] = [];
  const labels: number[] = [];
  const classes = classesOf(found);
  for await (const [i, path, file] of openAll(found, target, openNpz)) {
    files.push(file);
    const end = (starts.at(-1) ?? 0) + file.count;
    if (end > maxSamples) {
      fail('I8C0004', `The data set has more than ${maxSamples} samples with ${quoteName(path)}.`, {
        hint: 'Give fewer files; some hundred samples are enough to calibrate a network.',
      });
    }
    starts.push(end);
    for (let k = 0; k < file.count; k++) {
      names.push(path);
      if (classes !== undefined) labels.push(classes[i] ?? 0);
    }
  }
  return {
    target,
    names,
    labels: classes === undefined ? undefined : labels,
    count: starts.at(-1) ?? 0,
    async read(index) {
      const i = lastAtMost(starts, index);
      const [file, path] = [files[i], found[i]?.path];
      if (file === undefined || path === undefined) return fail('I8C0402', `There is no sample ${index}.`);
      return about(path, target, () => file.read(index - (starts[i] ?? 0)));
    },
  };
}

/** Files opened at once: enough to keep the disk busy. */
const openedAtOnce = 32;

/** Opens files in their order, and throws for the first of them that cannot be. */
async function* openAll(
  found: readonly FoundFile[],
  target: InputTarget,
  npz: () => Promise<OpenSampleFile>,
): AsyncGenerator<[number, string, SampleFile]> {
  for (let start = 0; start < found.length; start += openedAtOnce) {
    const paths = found.slice(start, start + openedAtOnce).map(({ path }) => path);
    const opened = await Promise.allSettled(
      paths.map((path) => about(path, target, async () => (await openerOf(path, npz))(path, target))),
    );
    for (const [k, result] of opened.entries()) {
      if (result.status === 'rejected') throw result.reason;
      yield [start + k, paths[k] ?? '', result.value];
    }
  }
}

/** The position of the last of ascending numbers that is at most `x`. */
function lastAtMost(numbers: readonly number[], x: number): number {
  let [low, high] = [0, numbers.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= x) low = middle;
    else high = middle;
  }
  return low;
}

const lazily = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

/** Readers are loaded when a file of their form is there. */
async function openerOf(path: string, npz: () => Promise<OpenSampleFile>): Promise<OpenSampleFile> {
  const extension = extname(path).toLowerCase();
  const form: SampleForm | undefined = sampleExtensions.get(extension);
  return match(form)
    .with('npy', async () => (await import('./npy-file.ts')).openNpy)
    .with('npz', npz)
    .with('raw', async () => (await import('./raw-file.ts')).openRaw)
    .with('image', async () => (await import('./image-file.ts')).openImage)
    .with('wav', async () => (await import('./wav-file.ts')).openWav)
    .with('proto', async () => (await import('./proto-file.ts')).openProto)
    .with(undefined, () =>
      fail(
        'I8C0001',
        `Samples are not kept in ${extension === '' ? 'files without an extension' : `${extension} files`}.`,
        {
          hint: `int8c reads ${[...sampleExtensions.keys()].join(', ')}.`,
        },
      ),
    )
    .exhaustive();
}
