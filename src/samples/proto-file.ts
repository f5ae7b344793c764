// Samples in ONNX's own tensor files, a serialized TensorProto in each, as the tests of ONNX keep their inputs.
import { fail } from '../../ir/diagnostics.ts';
import { readTensorProto } from '../files/load-input.ts';
import { cutArray, feedOfSample } from './array-samples.ts';
import type { OpenSampleFile } from './sample-file.ts';

/** Opens a TensorProto of the input's shape, which is one sample; it is read when the sample is. */
export const openProto: OpenSampleFile = async (path, target) => ({
  count: 1,
  async read() {
    const tensor = await readTensorProto(path, target.input.type);
    const { count } = cutArray(target, tensor);
    if (count > 1) {
      fail('I8C0402', `The TensorProto holds ${count} samples; int8c takes one from such a file.`, {
        hint: 'Save several samples as a .npy file.',
      });
    }
    return feedOfSample(target, tensor);
  },
});
