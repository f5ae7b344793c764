// The options by which every subcommand that reads a model says what of it to take.
import { extname } from 'node:path';
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { elementCount } from '../../ir/types.ts';
import { readBoundedFile } from '../files/read-file.ts';
import type { BoundInput, ImportOptions } from '../program.ts';

export interface ImportFlags {
  readonly signature?: string;
  readonly expose?: readonly string[];
  /** `NAME=EXTENT` */
  readonly dim?: readonly string[];
  /** `NAME=VALUE`, where a value is a number, a list in brackets, or a file. */
  readonly bind?: readonly string[];
}

/** The importer's options. For `expose`: `all`, names, and `#3` for the tensor with index 3. Reads the files of `bind`. */
export async function importOptions(
  flags: ImportFlags,
): Promise<Pick<ImportOptions, 'signature' | 'expose' | 'dims' | 'bind'>> {
  const { signature, expose, dim, bind } = flags;
  return {
    ...(signature === undefined ? {} : { signature }),
    ...(expose === undefined ? {} : { expose: expose.includes('all') ? 'all' : expose.map(tensorOf) }),
    ...(dim === undefined ? {} : { dims: Object.fromEntries(dim.map(extentOf)) }),
    ...(bind === undefined ? {} : { bind: Object.fromEntries(await Promise.all(bind.map(boundInput))) }),
  };
}

const tensorOf = (text: string) => (/^#\d{1,9}$/.test(text) ? Number(text.slice(1)) : text);

/** The text on both sides of the first `=`. */
function assignment(option: string, text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  return fail('I8C0401', `Option '--${option}' takes NAME=VALUE, not ${quoteName(text)}.`);
}

function extentOf(text: string): [name: string, extent: number] {
  const [name, value] = assignment('dim', text);
  if (!/^\d{1,9}$/.test(value)) fail('I8C0401', `The extent of dimension ${quoteName(name)} is ${quoteName(value)}.`);
  return [name, Number(value)];
}

async function boundInput(text: string): Promise<[name: string, value: BoundInput]> {
  const [name, value] = assignment('bind', text);
  const numbers = numbersIn(value);
  if (numbers !== undefined) return [name, numbers];
  // A list that is none, rather than a file of that name.
  if (value.startsWith('[')) return noValue(name, value);
  const bytes = await readBoundedFile(value, 'file of a bound input');
  switch (extname(value).toLowerCase()) {
    case '.npy': {
      const { decodeNpy } = await import('../files/npy.ts');
      return [name, decodeNpy(bytes)];
    }
    case '.pb': {
      const { decodeTensorProto } = await import('../files/tensor-proto.ts');
      return [name, decodeTensorProto(bytes)];
    }
    default:
      return noValue(name, value);
  }
}

function noValue(name: string, value: string): never {
  return fail('I8C0401', `The value of input ${quoteName(name)} is ${quoteName(value)}.`, {
    hint: 'Give a number, a list such as [1, 2], a .npy file or a .pb file.',
  });
}

/** A JSON number, or nested lists of them: values with the shape that the nesting has. */
function numbersIn(text: string): BoundInput | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const shape: number[] = [];
  for (let level = parsed; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values = Array.isArray(parsed) ? (parsed.flat(shape.length) as unknown[]) : [parsed];
  if (!values.every((x) => typeof x === 'number') || values.length !== elementCount(shape)) return undefined;
  return { shape, values };
}
