// Small float networks and samples of them, for tests of calibration.
import { readFileSync } from 'node:fs';
import { importModel } from '../../src/program.ts';
import { type FloatNetwork, floatNetwork } from '../../src/quantize/float-network.ts';
import { randomTensor, seededRandom } from '../../src/random-tensor.ts';
import { type SampleSource, samplesOf } from '../../src/samples/sample-source.ts';
import { example } from '../cli/int8c.ts';

/** The network of a text in the tensor IR. */
export async function networkOf(text: string): Promise<FloatNetwork> {
  return floatNetwork(await importModel(new TextEncoder().encode(text)));
}

/** The float network of the bundled example. */
export async function exampleNetwork(): Promise<FloatNetwork> {
  return floatNetwork(await importModel(readFileSync(example('shapes.tflite')), { name: 'shapes' }));
}

export function randomSamples({ program }: FloatNetwork, count: number, seed = 7): SampleSource {
  const random = seededRandom(seed);
  return samplesOf(
    Array.from({ length: count }, () =>
      Object.fromEntries(program.inputs.map(({ name, type }) => [name, randomTensor(type, random).data])),
    ),
  );
}
