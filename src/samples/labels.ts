// Reads the labels of a data set: for each sample the class that is right, as an index into what the network puts out.
import { basename, extname } from 'node:path';
import { CompileError, fail, quoteName } from '../../ir/diagnostics.ts';
import { readBoundedFile } from '../files/read-file.ts';

/** Labels of some million samples take no more. */
const maxFileBytes = 2 ** 26;

const maxLabel = 2 ** 31 - 1;

/**
 * The labels in a file: of `.json` an array of integers, or an object whose `labels` is one; of `.txt` and `.csv` lines of
 * one integer, or of a name, a comma and an integer. A first line that ends in no integer is a heading; empty lines and
 * those that begin with # do not count.
 *
 * @param names The file of each sample (`SampleSource.names`). Lines with names are then matched to the samples by them,
 * the folders before a name aside where they differ; without it lines stand in the order of the samples.
 * @throws CompileError that names the file: I8C0005 where it cannot be read, I8C0001 for another form, I8C0002 where it is
 * damaged, I8C0402 where a sample has no label or two.
 */
export async function readLabels(path: string, names?: readonly string[]): Promise<Int32Array> {
  const bytes = await readBoundedFile(path, 'labels file', maxFileBytes);
  try {
    const text = new TextDecoder().decode(bytes);
    switch (extname(path).toLowerCase()) {
      case '.json':
        return labelsOfJson(text);
      case '.txt':
      case '.csv':
        return labelsOfLines(text, names);
      default:
        return fail('I8C0001', 'Labels are kept in .json, .txt or .csv files.');
    }
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new CompileError(error.diagnostics.map((d) => ({ ...d, where: `labels from ${quoteName(path)}` })));
  }
}

function labelsOfJson(text: string): Int32Array {
  const json = parseJson(text);
  const list: unknown = typeof json === 'object' && json !== null && 'labels' in json ? json.labels : json;
  if (!Array.isArray(list)) {
    return fail('I8C0002', 'The file holds no list of labels.', {
      hint: 'Write [3, 1, ...] or {"labels": [3, 1, ...]}.',
    });
  }
  return Int32Array.from(list, (label: unknown, i) => checkLabel(label, `Label ${i}`));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail('I8C0002', 'The file is no JSON.');
  }
}

function checkLabel(label: unknown, what: string): number {
  if (typeof label === 'number' && Number.isInteger(label) && label >= 0 && label <= maxLabel) return label;
  const shown = quoteName(typeof label === 'string' ? label : (JSON.stringify(label) ?? 'nothing'));
  return fail('I8C0002', `${what} is ${shown}, which is no index of a class.`, {
    hint: 'Labels are integers from 0 on: positions in what the network puts out.',
  });
}

interface Line {
  readonly name: string | undefined;
  readonly label: number;
}

function labelsOfLines(text: string, names: readonly string[] | undefined): Int32Array {
  const lines: Line[] = [];
  for (const [i, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const comma = line.lastIndexOf(',');
    const last = line.slice(comma + 1).trim();
    const isNumber = /^\d+$/.test(last);
    if (!isNumber && i === 0) continue;
    const label = checkLabel(isNumber ? Number(last) : last, `The label of line ${i + 1}`);
    lines.push({ name: comma < 0 ? undefined : unquote(line.slice(0, comma).trim()), label });
  }
  return byName(lines, names) ?? Int32Array.from(lines, ({ label }) => label);
}

const unquote = (name: string) => /^"(.*)"$/.exec(name)?.[1]?.replaceAll('""', '"') ?? name;

/** Labels in the order of the samples; undefined where lines or samples have no names, or none in common. */
function byName(lines: readonly Line[], names: readonly string[] | undefined): Int32Array | undefined {
  // Samples of one file have its name in common, and lines of their own.
  if (names === undefined || new Set(names).size < names.length) return undefined;
  const whole = new Map<string, number>();
  const base = new Map<string, number | 'several'>();
  for (const { name, label } of lines) {
    if (name === undefined) return undefined;
    if (whole.has(name)) fail('I8C0402', `${quoteName(name)} has two labels.`);
    whole.set(name, label);
    base.set(basename(name), base.has(basename(name)) ? 'several' : label);
  }
  const found = names.map((name) => labelOfPath(whole, name) ?? base.get(basename(name)));
  if (found.every((label) => label === undefined)) return undefined;
  return Int32Array.from(found, (label, i) => {
    if (typeof label === 'number') return label;
    const problem = label === 'several' ? 'could have more than one of the labels' : 'has no label';
    return fail('I8C0402', `The sample ${quoteName(names[i] ?? '')} ${problem}.`);
  });
}

/** The label of the longest end of a path that has one: `a/1.png` stands for `data/a/1.png`. */
function labelOfPath(labels: ReadonlyMap<string, number>, path: string): number | undefined {
  const parts = path.split(/[/\\]/);
  for (let from = 0; from < parts.length; from++) {
    const label = labels.get(parts.slice(from).join('/'));
    if (label !== undefined) return label;
  }
  return undefined;
}
