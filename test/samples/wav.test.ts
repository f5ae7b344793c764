// WAVE files as samples: every encoding, windows of long recordings, silence after short ones, damage.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { openSamples } from '../../src/samples/open-samples.ts';
import { readAll } from './read-all.ts';
import { input, messageOf, quantizedInput, temporaryFolder } from './temporary-folder.ts';
import { type WavOptions, writeWav } from './wav-writer.ts';

const folder = temporaryFolder();
const x = input('x', 'f32', [1, 4]);

const samplesOf = async (file: Uint8Array, target = x, preprocess = '') => {
  const path = await folder.write('a.wav', file);
  return (await readAll(await openSamples([path], [target], { preprocess }))).map((sample) => sample.x);
};

test.each<[string, WavOptions, number[], number[]]>([
  ['8 bits', { bits: 8 }, [0, 128, 192, 255], [-1, 0, 0.5, 127 / 128]],
  ['16 bits', {}, [-32768, 0, 16384, 32767], [-1, 0, 0.5, 32767 / 32768]],
  ['24 bits', { bits: 24 }, [-8388608, 1, 4194304, -1], [-1, 2 ** -23, 0.5, -(2 ** -23)]],
  ['24 bits, extensible', { bits: 24, extensible: true }, [-8388608, 0, 4194304, -2], [-1, 0, 0.5, -(2 ** -22)]],
  ['32 bits', { bits: 32 }, [-(2 ** 31), 0, 2 ** 30, 2 ** 29], [-1, 0, 0.5, 0.25]],
  ['floating point', { tag: 3, bits: 32 }, [-1, 0, 0.5, 2], [-1, 0, 0.5, 2]],
  ['double precision', { tag: 3, bits: 64 }, [-1, 0, 0.5, 2], [-1, 0, 0.5, 2]],
])('%s', async (_, options, written, read) => {
  expect(await samplesOf(writeWav(written, options))).toEqual([read]);
});

test('a long recording is cut into windows, what is left at its end is none', async () => {
  const numbers = Array.from({ length: 10 }, (_, i) => i / 16);
  expect(await samplesOf(writeWav(numbers, { tag: 3, bits: 32 }))).toEqual([numbers.slice(0, 4), numbers.slice(4, 8)]);
});

test('a short one is followed by silence', async () => {
  expect(await samplesOf(writeWav([0.5, 0.25], { tag: 3, bits: 32 }))).toEqual([[0.5, 0.25, 0, 0]]);
});

test('channels stand together, as many as the last extent of the input', async () => {
  const stereo = writeWav([16384, -16384, 8192, -8192], { channels: 2 });
  expect(await samplesOf(stereo, input('x', 'f32', [1, 2, 2]))).toEqual([[0.5, -0.5, 0.25, -0.25]]);
  expect(await messageOf(() => samplesOf(stereo))).toContain('2 channels');
});

test('numbers are normalized and quantized', async () => {
  expect(await samplesOf(writeWav([-32768, 0, 16384, 32767]), x, 'scale=32768')).toEqual([[-32768, 0, 16384, 32767]]);
  const q = quantizedInput([1, 4], 1 / 128, 0);
  expect(await samplesOf(writeWav([-32768, 0, 16384, 32767]), q)).toEqual([[-128, 0, 64, 127]]);
});

test('a stream whose size nobody knew is read to its end', async () => {
  const wav = writeWav([0, 1, 0, 1], { bits: 8, dataSize: 0xffffffff });
  expect(await samplesOf(wav)).toEqual([[-1, -127 / 128, -1, -127 / 128]]);
});

const good = writeWav([1, 2, 3, 4]);
const edited = (edit: (view: DataView) => void) => {
  const file = Uint8Array.from(good);
  edit(new DataView(file.buffer));
  return file;
};

test.each<[string, Uint8Array, string]>([
  ['no bytes', new Uint8Array(), 'no WAVE file'],
  ['other bytes', new TextEncoder().encode('RIFFxxxxAVI LIST'), 'no WAVE file'],
  ['cut short', good.subarray(0, -1), 'is damaged: it ends at byte'],
  ['without data', good.subarray(0, 48), 'it has no data'],
  ['data of no numbers', writeWav([]), 'The recording is empty'],
  ['a compressed format', writeWav([1, 2, 3, 4], { tag: 85 }), 'has 16 bits of format 85'],
  ['12 bits', edited((view) => view.setUint16(34, 12, true)), 'has 12 bits of format 1'],
  ['no channels', edited((view) => view.setUint16(22, 0, true)), 'contradicts itself'],
  ['a format that is too short', edited((view) => view.setUint32(16, 2, true)), 'its format is too short'],
])('%s: refused', async (_, file, message) => {
  const found = await messageOf(() => samplesOf(file));
  expect(found).toContain(message);
  expect(found).toContain('a.wav');
});

test('any damage ends in a diagnostic, or in numbers', async () => {
  const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(damage, async (edits) => {
      const file = Uint8Array.from(good);
      for (const [at, byte] of edits) file[at] = byte;
      try {
        expect((await samplesOf(file)).length).toBeLessThanOrEqual(4);
      } catch (error) {
        expect(error).toBeInstanceOf(CompileError);
      }
    }),
    { seed: 3, numRuns: 150 },
  );
});
