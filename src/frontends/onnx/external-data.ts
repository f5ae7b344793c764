// Tensors whose bytes are kept in another file beside the model. Where that file lies is a stranger's claim: it must be
// inside of the model's folder. Specification: onnx docs/ExternalData.md.
import type { TensorProto } from 'onnx-buf';
import { fail, quoteName } from '../../../ir/diagnostics.ts';

/**
 * Reads `length` bytes (to the end where absent) from `offset` of a file by its path relative to the model's folder.
 * The path has been checked by {@link externalBytes}; links that lead out of the folder are for the reader to refuse.
 */
export type ReadExternal = (location: string, offset: number, length: number | undefined) => Uint8Array;

/**
 * The bytes of a tensor that is stored outside of the model.
 *
 * @throws CompileError I8C0005 where the place is not inside the model's folder, or cannot be read.
 */
export function externalBytes({ name, externalData }: TensorProto, read: ReadExternal | undefined): Uint8Array {
  const where = `initializer ${quoteName(name)}`;
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const problem = pathProblem(location);
  if (problem !== undefined) {
    fail('I8C0005', `The external data ${quoteName(location)} ${problem}.`, {
      where,
      hint: 'External data must lie in the folder of the model.',
    });
  }
  if (read === undefined) {
    return fail('I8C0005', `The tensor's data is in the file ${quoteName(location)}, which was not given.`, {
      where,
      hint: 'Compile the model by its path, or pass `readExternal`.',
    });
  }
  const number = (key: string): number | undefined => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
    return value ?? fail('I8C0002', `The ${key} of the external data is ${quoteName(text)}.`, { where });
  };
  return read(location, number('offset') ?? 0, number('length'));
}

/** Why a path may not be followed; undefined for one that stays inside (links apart). */
function pathProblem(path: string): string | undefined {
  if (path === '') return 'has no path';
  // Backslashes separate folders on one system and not on another; control characters have no business in names.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
  if (/[\\\u0000-\u001f]/.test(path)) return 'has characters that no portable path has';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is an absolute path';
  return path.split('/').includes('..') ? 'leads out of its folder' : undefined;
}
