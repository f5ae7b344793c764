// `npm run example [DIR]`: draws the data set, trains the network, quantizes it and writes the bundled example to
// docs/example (or DIR). It takes under a minute; the bytes are the same on every machine.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { heldOutAccuracy } from './accuracy.ts';
import { trainingSet } from './datasets.ts';
import { exampleFiles, quantizeExample } from './files.ts';
import { train, trainingOptions } from './train.ts';

const directory = process.argv[2] ?? 'docs/example';
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const training = trainingSet();
const started = performance.now();
const network = train(training, trainingOptions, (epoch, accuracy) => {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`epoch ${epoch + 1} of ${trainingOptions.epochs}: ${percent(accuracy)} of training images, ${seconds} s`);
});

const quantized = quantizeExample(network);
const accuracy = heldOutAccuracy(network, quantized);
console.log(`held-out images: ${percent(accuracy.float)} as float, ${percent(accuracy.int8)} as int8 (simulated)`);

mkdirSync(directory, { recursive: true });
for (const [name, bytes] of exampleFiles(network, quantized)) {
  writeFileSync(join(directory, name), bytes);
  console.log(`${join(directory, name)}: ${bytes.length} bytes`);
}
