// The functions that generated WGSL may need beside its kernels. A module carries those that it calls, each for the
// vector widths that it calls it with; the tests hold every one of them to ir/numerics.ts.
import { internalError } from '../../ir/diagnostics.ts';
import { floatFunctions } from './float-functions.ts';
import { integerFunctions } from './integer-functions.ts';
import { longFunctions } from './long-functions.ts';
import { memoryFunctions } from './memory-functions.ts';
import type { Names } from './names.ts';
import { packedFunctions } from './packed-functions.ts';
import { softFloatFunctions } from './soft-float.ts';

/**
 * A function as text. In parameters, result and body, `$I`, `$U`, `$F` and `$B` are i32, u32, f32 and bool or vectors of
 * them, `$name` is another function for the same width, and `@name` another one for scalars.
 */
export interface SupportFunction {
  /** A sentence for the reader of the shader. */
  readonly doc: string;
  readonly parameters: string;
  readonly result: string;
  readonly body: string;
  /** The body is for scalars: the function for vectors calls it for each lane. */
  readonly perLane?: true;
}

const functions: Readonly<Record<string, SupportFunction>> = {
  ...integerFunctions,
  ...longFunctions,
  ...floatFunctions,
  ...softFloatFunctions,
  ...memoryFunctions,
};

export type LaneLetter = 'I' | 'U' | 'F' | 'B';
const scalarTypes: Record<LaneLetter, string> = { I: 'i32', U: 'u32', F: 'f32', B: 'bool' };

/** The type of `width` lanes. */
export function typeName(letter: LaneLetter, width: number): string {
  const scalar = scalarTypes[letter];
  if (width === 1) return scalar;
  return letter === 'B' ? `vec${width}<bool>` : `vec${width}${scalar[0]}`;
}

const nameFor = (name: string, width: number) => (width === 1 ? name : `${name}_x${width}`);

export class Support {
  /** Printed functions by name, those that a function calls ahead of it. */
  private readonly printed = new Map<string, string>();

  /** Keeps the names of all functions free for them. */
  static reserve(names: Names): void {
    const all = [...Object.keys(functions), ...Object.keys(packedFunctions)];
    for (const name of all) for (const width of [1, 2, 3, 4]) names.fresh(nameFor(name, width));
  }

  /** Notes the use of a function on vectors of `width` lanes (1: scalars) and returns its name. */
  use(name: string, width = 1): string {
    const full = nameFor(name, width);
    if (this.printed.has(full)) return full;
    const f = functions[name] ?? internalError(`there is no support function ${name}`);
    const written = f.perLane && width > 1 ? laneByLane(name, f, width) : f;
    const { parameters, result, body } = written;
    const [head, inside] = [`(${parameters}) -> ${result}`, body].map((text) => this.filled(text, width));
    const signature = head!.replace(' -> void', '');
    const lines = inside!.replace(/^\n|\n\s*$/g, '');
    this.printed.set(full, `// ${f.doc}\nfn ${full}${signature} {\n${lines}\n}\n`);
    return full;
  }

  private filled(text: string, width: number): string {
    return text
      .replace(/\$([IUFB])\b/g, (_, letter: LaneLetter) => typeName(letter, width))
      .replace(/\$([a-z]\w*)/g, (_, name: string) => this.use(name, width))
      .replace(/@([a-z]\w*)/g, (_, name: string) => this.use(name));
  }

  /** The used functions. */
  print(): string {
    return [...this.printed.values()].join('\n');
  }
}

/** The function for vectors of one that is written for scalars. */
function laneByLane(name: string, f: SupportFunction, width: number): SupportFunction {
  const parameters = f.parameters.split(', ').map((p) => p.split(':')[0] ?? '');
  const lanes = [...'xyzw']
    .slice(0, width)
    .map((lane) => `@${name}(${parameters.map((p) => `${p}.${lane}`).join(', ')})`);
  return { ...f, body: `  return ${f.result}(${lanes.join(', ')});` };
}
