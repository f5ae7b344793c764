// Samples in .npy files, and in the arrays of .npz files, which are .npy files in a ZIP archive. Large arrays stay on disk:
// of each sample only its own bytes are read.
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { didYouMean } from '../../ir/spelling.ts';
import { elementCount } from '../../ir/types.ts';
import { bytesPerFileElement } from '../files/file-tensor.ts';
import { decodeNpyHeader, npyHeaderBytes, rowMajorElements } from '../files/npy.ts';
import { cutArray, feedOfSample } from './array-samples.ts';
import { type ByteSource, openFile } from './byte-source.ts';
import type { InputTarget } from './input-target.ts';
import type { OpenSampleFile, SampleFile } from './sample-file.ts';
import { inflateEntry, inflateStart, packedBytes, readZipDirectory, type ZipEntry } from './zip.ts';

/** Opens a .npy file. Throws CompileError I8C0002, I8C0003 or I8C0402 for an array that is damaged, or does not fit. */
export const openNpy: OpenSampleFile = async (path, target) => {
  const { source, start } = await openFile(path, npyHeaderBytes);
  return openArray(source, start, target);
};

/** The samples of the array in `source`, of which `start` is the first part. */
function openArray(source: ByteSource, start: Uint8Array, target: InputTarget): SampleFile {
  const header = decodeNpyHeader(start, source.size);
  const { element } = header;
  const { count, shape } = cutArray(target, header);
  if (header.fortran && count > 1) {
    fail('I8C0402', `The array of ${count} samples is in Fortran order, in which no sample lies in one piece.`, {
      hint: 'Save it with numpy.save(file, numpy.ascontiguousarray(array)).',
    });
  }
  const sampleBytes = elementCount(shape) * bytesPerFileElement(element);
  return {
    count,
    async read(index) {
      const bytes = await source.slice(header.dataOffset + index * sampleBytes, sampleBytes);
      return feedOfSample(target, { element, shape, bytes: rowMajorElements(header, shape, bytes) });
    },
  };
}

/** The largest array that is inflated: one at a time is in memory for each input. */
const maxInflatedBytes = 2 ** 28;

/**
 * Opens .npz files: the array that is named after the input or, for a program of one input, the only one. An array that
 * is packed (numpy.savez_compressed) is inflated as a whole, and the last one is kept, since the next sample mostly comes
 * from it too.
 *
 * @param only Whether the program has one input.
 */
export function npzOpener(only: boolean): OpenSampleFile {
  let last: { readonly entry: ZipEntry; readonly bytes: Uint8Array } | undefined;
  return async (path, target) => {
    const { source: archive } = await openFile(path, 0);
    const entry = findArray(await readZipDirectory(archive), target, only);
    const packed = await packedBytes(archive, entry);
    const startBytes = Math.min(entry.size, npyHeaderBytes);
    if (!entry.deflated) return openArray(packed, await packed.slice(0, startBytes), target);
    if (entry.size > maxInflatedBytes) {
      fail('I8C0004', `The packed array has ${entry.size} bytes; int8c inflates at most ${maxInflatedBytes}.`, {
        hint: 'Save it with numpy.savez or numpy.save, or in several files.',
      });
    }
    const source: ByteSource = {
      size: entry.size,
      async slice(offset, length) {
        if (last?.entry !== entry) last = { entry, bytes: await inflateEntry(packed, entry) };
        // A copy: elements are swapped in place.
        return last.bytes.slice(offset, offset + length);
      },
    };
    return openArray(source, await inflateStart(packed, startBytes), target);
  };
}

function findArray(entries: ReadonlyMap<string, ZipEntry>, { input }: InputTarget, only: boolean): ZipEntry {
  const named = entries.get(`${input.name}.npy`);
  if (named !== undefined) return named;
  const arrays = [...entries.values()].filter(({ name }) => name.endsWith('.npy'));
  const [first] = arrays;
  if (only && first !== undefined && arrays.length === 1) return first;
  const names = arrays.map(({ name }) => name.slice(0, -'.npy'.length));
  return fail('I8C0402', `The .npz file has no array ${quoteName(input.name)}.`, {
    hint: didYouMean(input.name, names) ?? `It has ${names.slice(0, 16).map(quoteName).join(', ') || 'none'}.`,
  });
}
