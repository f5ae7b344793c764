// Samples that take no part in fitting, for choices between what was fitted: on its own samples the closest fit looks best,
// whatever it is on others.
import type { SampleSource } from '../samples/sample-source.ts';
import { samplesAt } from '../samples/select-samples.ts';
import type { FloatNetwork } from './float-network.ts';

export interface SampleParts {
  readonly fitted: SampleSource;
  readonly checked: SampleSource;
}

/** Every so many-th sample is held out, where there are twice as many. */
const every = 4;

/**
 * The samples in two parts. Of few, and of a network with state, to which samples are steps in a row, both parts are all.
 */
export function heldOut(network: FloatNetwork, samples: SampleSource): SampleParts {
  if (samples.count < 2 * every || network.module().entry.states.length > 0) {
    return { fitted: samples, checked: samples };
  }
  const indices = Array.from({ length: samples.count }, (_, i) => i);
  const part = (isChecked: boolean) =>
    samplesAt(samples, Uint32Array.from(indices.filter((i) => (i % every === every - 1) === isChecked)));
  return { fitted: part(false), checked: part(true) };
}
