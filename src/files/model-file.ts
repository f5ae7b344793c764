// Reads a model that a user names by its path: the bytes, and for textual IR the weights beside it.
import { basename, extname } from 'node:path';
import { identifierOf } from '../../ir/identifiers.ts';
import { type ImportOptions, importModel, type Program } from '../program.ts';
import { externalReader } from './external-data.ts';
import { exists, readBoundedFile } from './read-file.ts';

/** Where the contents that a text names by their hash are kept: `net.ir.weights` beside `net.ir`. */
export const weightsPath = (irPath: string): string => `${irPath}.weights`;

/** The name that a program gets from its file: `My Net-v2.tflite` is `My_Net_v2`. */
export function programNameOf(path: string): string {
  return identifierOf(basename(path, extname(path))) || 'model';
}

/**
 * Reads and imports the model at `path`. The program is named after the file where `options` gives no name.
 *
 * @throws CompileError I8C0005 where a file cannot be read, and whatever {@link importModel} throws.
 */
export async function importModelFile(path: string, options: Omit<ImportOptions, 'weights'> = {}): Promise<Program> {
  const bytes = await readBoundedFile(path, 'model');
  const text = extname(path).toLowerCase() === '.ir';
  return importModel(bytes, {
    name: programNameOf(path),
    ...(text ? { format: 'ir' } : {}),
    readExternal: externalReader(path),
    ...((await exists(weightsPath(path))) ? { weights: await readBoundedFile(weightsPath(path), 'weights file') } : {}),
    ...options,
  });
}
