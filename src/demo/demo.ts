// `npm run demo`: what int8c is for, on the bundled example. Compiles a small int8 network to C in ./out/demo, runs it on
// drawings it has not seen, and measures its accuracy beside the float network's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompileError } from '../../ir/diagnostics.ts';
import { sameBytes } from '../../ir/tensor-data.ts';
import { fileLines, summaryLines } from '../cli/summary.ts';
import { type Compiled, compile } from '../compile.ts';
import { heldOutSet, sampleSet } from '../example/datasets.ts';
import { classNames, type Dataset, imageSize } from '../example/draw.ts';
import { importModelFile } from '../files/model-file.ts';
import { decodeNpy } from '../files/npy.ts';
import { writeFiles } from '../files/write-files.ts';
import type { Program } from '../program.ts';
import { createRunner, type Runner } from '../runner.ts';
import { accuracyOf, asFloat, asInt8, classify } from './accuracy.ts';

const example = fileURLToPath(new URL('../../../docs/example/', import.meta.url));
const output = join('out', 'demo');

/** How many of the samples are told about one by one. */
const shown = 8;

const say = (text = '') => process.stdout.write(`${text}\n`);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** An image as text, two rows of pixels to a line. */
function drawn(image: Uint8Array): string[] {
  const ramp = ' .:-=+*#%@';
  const lines: string[] = [];
  for (let y = 0; y + 1 < imageSize; y += 2) {
    let line = '';
    for (let x = 0; x < imageSize; x++) {
      const grey = (image[y * imageSize + x]! + image[(y + 1) * imageSize + x]!) / 2;
      line += ramp[Math.floor((grey / 256) * ramp.length)];
    }
    lines.push(line);
  }
  return lines;
}

/** The compiled C where there is a C compiler, else the same program as JavaScript. */
async function nativeRunner(compiled: Compiled): Promise<{ runner: Runner; how: string }> {
  try {
    return { runner: await createRunner(compiled, { target: 'c' }), how: 'the compiled C' };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    say(`(${error.message})`);
    return { runner: await createRunner(compiled, { target: 'js' }), how: 'the compiled program, as JavaScript,' };
  }
}

async function showSamples(program: Program, compiled: Compiled): Promise<void> {
  const samples = sampleSet();
  const { runner, how } = await nativeRunner(compiled);
  const reference = await createRunner(program, { target: 'interp' });
  let same = 0;
  try {
    for (let i = 0; i < samples.count; i++) {
      const image = asInt8(samples, i);
      const probabilities = await classify(runner, image);
      if (sameBytes(probabilities, await classify(reference, image))) same++;
      if (i < shown) tell(samples, i, Array.from(probabilities, Number));
    }
  } finally {
    await runner.close();
  }
  say();
  say(`On ${same} of ${samples.count} samples ${how} gives the same bytes as the reference interpreter.`);
}

/** `a star: star (80 %)`: the class of an image, and what the network makes of it. */
function tell(samples: Dataset, i: number, quantized: readonly number[]): void {
  const best = quantized.indexOf(Math.max(...quantized));
  const label = samples.labels[i] ?? 0;
  const verdict = `${classNames[best]} (${percent((quantized[best]! + 128) / 256)})`;
  say(`  a ${String(classNames[label]).padEnd(9)} is seen as ${verdict}${best === label ? '' : '  <- wrong'}`);
}

const started = performance.now();
const [int8, float] = await Promise.all([
  importModelFile(join(example, 'shapes_int8.tflite')),
  importModelFile(join(example, 'shapes.tflite')),
]);

say('A small network tells eight drawn shapes apart. This is one of the stars that it gets to see:');
say();
const star = Uint8Array.from(decodeNpy(readFileSync(join(example, 'star_int8.npy'))).bytes, (q) => q ^ 0x80);
for (const line of drawn(star)) say(`    ${line}`);
say();

say('$ int8c compile docs/example/shapes_int8.tflite --target c --selftest -o out/demo');
const compiled = await compile(int8, { target: 'c', selftest: true });
for (const line of summaryLines(compiled.manifest)) say(line);
for (const line of fileLines(await writeFiles(output, compiled.files))) say(line);
say();

await showSamples(int8, compiled);
const heldOut = heldOutSet();
const [right8, rightFloat] = [await accuracyOf(int8, heldOut, asInt8), await accuracyOf(float, heldOut, asFloat)];
say(
  `On ${heldOut.count} images it has not seen it is right for ${percent(right8)}; as float, for ${percent(rightFloat)}.`,
);
say();
say(`That took ${((performance.now() - started) / 1000).toFixed(1)} s. Check the C on your own device:`);
say('  cc -O2 out/demo/*.c -o out/demo/selftest && out/demo/selftest');
