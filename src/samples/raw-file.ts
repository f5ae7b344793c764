// Samples in raw files: elements without any header, little-endian, sample after sample in the shape of the input, or as
// pictures where --preprocess names a layout for them.
import { fail } from '../../ir/diagnostics.ts';
import { elementCount } from '../../ir/types.ts';
import { bytesPerFileElement } from '../files/file-tensor.ts';
import { formatTensorShape } from '../files/fit-tensor.ts';
import { feedOfSample } from './array-samples.ts';
import { openFile } from './byte-source.ts';
import type { InputTarget } from './input-target.ts';
import type { OpenSampleFile } from './sample-file.ts';

/**
 * The shape of the samples: that of the input. Pictures are nearly always kept pixel by pixel, so that is what the file
 * holds where --preprocess says that the input wants them plane by plane.
 */
function shapeOf({ input, picture, preprocess }: InputTarget): readonly number[] {
  if (preprocess.layout !== 'nchw' || 'problem' in picture) return input.type.shape;
  return [picture.height, picture.width, picture.color === 'gray' ? 1 : 3];
}

/** Opens a .bin file. Throws CompileError I8C0402 where it does not hold a whole number of samples. */
export const openRaw: OpenSampleFile = async (path, target) => {
  const { type } = target.input;
  const element = target.preprocess.dtype ?? type.element;
  const shape = shapeOf(target);
  const sampleBytes = elementCount(shape) * bytesPerFileElement(element);
  const { source } = await openFile(path, 0);
  const count = source.size / sampleBytes;
  if (!Number.isInteger(count) || count < 1) {
    const sample = `A sample, ${formatTensorShape({ element, shape })}, has ${sampleBytes} bytes`;
    // Pictures are often kept as bytes, for programs that take real numbers.
    const couldBeBytes = element !== 'u8' && source.size > 0 && source.size % elementCount(shape) === 0;
    const hint = couldBeBytes ? 'If the file holds bytes, say --preprocess dtype=u8.' : undefined;
    fail('I8C0402', `${sample}; the file has ${source.size}.`, hint === undefined ? {} : { hint });
  }
  return {
    count,
    async read(index) {
      const bytes = await source.slice(index * sampleBytes, sampleBytes);
      return feedOfSample(target, { element, shape, bytes });
    },
  };
};
