// Reads the files beside a model that hold its weights. They must lie in the model's folder, links followed.
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { fileBytesLimit } from './read-file.ts';

/**
 * A reader of `length` bytes (to the end where undefined) from `offset` of a file in the folder of the model at
 * `modelPath`, by its path relative to that folder.
 *
 * The reader throws CompileError I8C0005 for a file that is missing, is none, or lies outside of the folder by a link, and
 * I8C0002 where it is shorter than the model says.
 */
export function externalReader(
  modelPath: string,
): (location: string, offset: number, length: number | undefined) => Uint8Array {
  return (location, offset, length) => {
    const name = quoteName(location);
    let file: number | undefined;
    try {
      const folder = realpathSync(dirname(modelPath));
      const path = realpathSync(resolve(folder, location));
      if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
        return fail('I8C0005', `The external data ${name} leads out of the folder of the model.`, {
          hint: 'Put the file itself there instead of a link.',
        });
      }
      file = openSync(path, 'r');
      const stat = fstatSync(file);
      if (!stat.isFile()) return fail('I8C0005', `The external data ${name} is no file.`);
      const wanted = length ?? stat.size - offset;
      if (wanted < 0 || offset + wanted > stat.size) {
        return fail(
          'I8C0002',
          `The external data ${name} has ${stat.size} bytes; the model reads ${offset + Math.max(0, wanted)}.`,
        );
      }
      if (wanted > fileBytesLimit) return fail('I8C0005', `The external data ${name} is larger than int8c reads.`);
      const bytes = new Uint8Array(wanted);
      let filled = 0;
      while (filled < wanted) {
        const count = readSync(file, bytes, filled, wanted - filled, offset + filled);
        if (count === 0) return fail('I8C0002', `The external data ${name} ends early.`);
        filled += count;
      }
      return bytes;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const problem = code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`;
      return fail('I8C0005', `The external data ${name} ${problem}.`, {
        hint: 'Keep it in the folder of the model, under the name that the model has for it.',
      });
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };
}
