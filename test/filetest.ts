// Reads filetests: the directives and the text of a `.ir` file (test/filetests/README.md).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allocateArray, type TensorArray } from '../ir/tensor-data.ts';
import type { ElementType } from '../ir/types.ts';

export const filetestFolder = fileURLToPath(new URL('./filetests', import.meta.url));

/** One `// run:` line. */
export interface RunDirective {
  readonly line: string;
  /** Random inputs: how many runs from which seed. */
  readonly random?: { readonly seed: number; readonly count: number };
  readonly inputs: ReadonlyMap<string, readonly string[]>;
  readonly outputs: ReadonlyMap<string, readonly string[]>;
}

export interface Filetest {
  readonly name: string;
  readonly path: string;
  /** Everything before `// expect:`. */
  readonly text: string;
  readonly expected: string | undefined;
  readonly runs: readonly RunDirective[];
  readonly passes: readonly string[];
  readonly scalars: readonly number[];
}

export const expectMarker = '// expect:\n';

/** The filetests of a folder. */
export function filetestsIn(folder: string): Filetest[] {
  return readdirSync(join(filetestFolder, folder))
    .filter((f) => f.endsWith('.ir'))
    .sort()
    .map((f) => readFiletest(`${folder}/${f}`));
}

export function readFiletest(name: string): Filetest {
  const path = join(filetestFolder, name);
  const whole = readFileSync(path, 'utf8');
  const at = whole.indexOf(expectMarker);
  const text = at < 0 ? whole : whole.slice(0, at);
  const directives = (kind: string) =>
    [...text.matchAll(new RegExp(`^// ${kind}: (.*)$`, 'gm'))].map((m) => (m[1] ?? '').trim());
  return {
    name,
    path,
    text,
    expected: at < 0 ? undefined : whole.slice(at + expectMarker.length),
    runs: directives('run').map(parseRun),
    passes: directives('passes').flatMap((p) => p.split(',').map((s) => s.trim())),
    scalars: JSON.parse(directives('scalars')[0] ?? '[]'),
  };
}

function parseRun(line: string): RunDirective {
  const random = /^seed=(\d+)(?: count=(\d+))?$/.exec(line);
  if (random !== null) {
    const count = Number(random[2] ?? 1);
    return { line, random: { seed: Number(random[1]), count }, inputs: new Map(), outputs: new Map() };
  }
  const [left, right, more] = line.split('=>');
  if (left === undefined || more !== undefined) throw new Error(`cannot read the directive: run: ${line}`);
  return { line, inputs: parsePorts(left), outputs: parsePorts(right ?? '') };
}

function parsePorts(text: string): Map<string, string[]> {
  const ports = new Map<string, string[]>();
  const rest = text.replace(/("[^"]*"|[\w.:/]+)\s*=\s*\[([^\]]*)\]\s*,?/g, (_all, name: string, values: string) => {
    const elements = values.split(',').map((v) => v.trim());
    ports.set(name.replace(/"/g, ''), elements.length === 1 && elements[0] === '' ? [] : elements);
    return '';
  });
  if (rest.trim() !== '') throw new Error(`cannot read in a run directive: ${rest}`);
  return ports;
}

/** The elements of a directive as an array of this type; their number must fit. */
export function elementsOf(element: ElementType, count: number, values: readonly string[] | undefined): TensorArray {
  if (values?.length !== count) throw new Error(`a run directive has ${values?.length ?? 'no'} elements for ${count}`);
  const array = allocateArray(element, count);
  for (const [i, text] of values.entries()) {
    if (array instanceof BigInt64Array) array[i] = BigInt(text);
    else array[i] = numberOf(text);
  }
  return array;
}

function numberOf(text: string): number {
  const special: Record<string, number> = {
    inf: Number.POSITIVE_INFINITY,
    '-inf': Number.NEGATIVE_INFINITY,
    nan: Number.NaN,
    true: 1,
    false: 0,
  };
  const value = special[text] ?? Number(text);
  if (Number.isNaN(value) && text !== 'nan') throw new Error(`not a number in a run directive: ${text}`);
  return value;
}
