// Samples in WAVE files, as the numbers of the waveform (Multimedia Programming Interface and Data Specifications 1.0,
// IBM and Microsoft 1991, chapter 3; WAVE_FORMAT_EXTENSIBLE as in Microsoft's mmreg.h). Long recordings stay on disk.
import { fail } from '../../ir/diagnostics.ts';
import { elementCount } from '../../ir/types.ts';
import { type ByteSource, endsEarly, openFile } from './byte-source.ts';
import type { InputTarget } from './input-target.ts';
import type { OpenSampleFile } from './sample-file.ts';
import { feedOfNumbers } from './to-feed.ts';

/** How one number of a waveform is stored. */
interface Encoding {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

/** PCM and floating point by their bits; integers become -1 to 1, as in soundfile, torchaudio and tf.audio. */
const pcm: ReadonlyMap<number, Encoding> = new Map<number, Encoding>([
  // Alone, 8-bit numbers are unsigned.
  [8, { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 2 ** 7 }],
  [16, { bytes: 2, read: (view, at) => view.getInt16(at, true) / 2 ** 15 }],
  [24, { bytes: 3, read: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23 }],
  [32, { bytes: 4, read: (view, at) => view.getInt32(at, true) / 2 ** 31 }],
]);
const float: ReadonlyMap<number, Encoding> = new Map<number, Encoding>([
  [32, { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  [64, { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
]);

/** Format tags, and the one that says that the tag is in the extension. */
const encodings: ReadonlyMap<number, ReadonlyMap<number, Encoding>> = new Map([
  [1, pcm],
  [3, float],
]);
const extensible = 0xfffe;

interface Waveform {
  readonly encoding: Encoding;
  readonly channels: number;
  readonly dataOffset: number;
  /** Numbers in all, of all channels. */
  readonly length: number;
}

/**
 * Opens a WAVE file: consecutive windows, each as long as the input, from its start; what is left at the end is no sample.
 * A file shorter than the input is one sample, with silence after it. The channels of a frame stand together, and the last
 * extent of the input is their number.
 *
 * @throws CompileError I8C0001 for another format, I8C0002 where the file is damaged, I8C0402 for channels that the input
 * has not.
 */
export const openWav: OpenSampleFile = async (path, target) => {
  const { source } = await openFile(path, 0);
  const { encoding, channels, dataOffset, length } = await readHeader(source);
  checkChannels(channels, target);
  const window = elementCount(target.input.type.shape);
  return {
    count: Math.max(1, Math.floor(length / window)),
    async read(index) {
      const count = Math.min(window, length - index * window);
      const bytes = await source.slice(dataOffset + index * window * encoding.bytes, count * encoding.bytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const numbers = new Float32Array(window);
      for (let i = 0; i < count; i++) numbers[i] = encoding.read(view, i * encoding.bytes);
      return feedOfNumbers(target, numbers);
    },
  };
};

function checkChannels(channels: number, { input: { type } }: InputTarget): void {
  if (channels === 1 || type.shape.filter((extent) => extent !== 1).at(-1) === channels) return;
  fail('I8C0402', `The recording has ${channels} channels, and the input, [${type.shape.join(', ')}], none for them.`, {
    hint: 'Mix it down to one channel.',
  });
}

/** Chunks before the data; files have a handful. */
const maxChunks = 1000;

async function readHeader(source: ByteSource): Promise<Waveform> {
  if (source.size < 12) fail('I8C0001', 'The file is no WAVE file.');
  const riff = await source.slice(0, 12);
  if (text(riff, 0) !== 'RIFF' || text(riff, 8) !== 'WAVE') fail('I8C0001', 'The file is no WAVE file.');
  let format: Format | undefined;
  for (let at = 12, chunks = 0; at + 8 <= source.size && chunks < maxChunks; chunks++) {
    const header = await source.slice(at, 8);
    const size = new DataView(header.buffer, header.byteOffset).getUint32(4, true);
    const rest = source.size - at - 8;
    if (text(header, 0) === 'fmt ') format = parseFormat(await source.slice(at + 8, Math.min(size, rest, 40)));
    if (text(header, 0) === 'data') {
      if (format === undefined) return damaged('its data come before their format');
      // Programs that write to a pipe do not know the size yet.
      const unknown = size === 0xffffffff;
      if (size > rest && !unknown) endsEarly(source.size, at + 8 + size);
      const frameBytes = format.encoding.bytes * format.channels;
      const frames = Math.floor((unknown ? rest : size) / frameBytes);
      if (frames === 0) fail('I8C0402', 'The recording is empty.');
      return { ...format, dataOffset: at + 8, length: frames * format.channels };
    }
    // Chunks begin at even offsets.
    at += 8 + size + (size % 2);
  }
  return damaged('it has no data');
}

type Format = Pick<Waveform, 'encoding' | 'channels'>;

function parseFormat(bytes: Uint8Array): Format {
  if (bytes.length < 16) return damaged('its format is too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tagged = view.getUint16(0, true);
  if (tagged === extensible && bytes.length < 26) return damaged('its format is too short');
  const tag = tagged === extensible ? view.getUint16(24, true) : tagged;
  const [channels, align, bits] = [view.getUint16(2, true), view.getUint16(12, true), view.getUint16(14, true)];
  const encoding = encodings.get(tag)?.get(bits);
  if (encoding === undefined) {
    return fail('I8C0001', `The WAVE file has ${bits} bits of format ${tag}; int8c reads PCM and floating point.`, {
      hint: 'Save it as 16-bit PCM.',
    });
  }
  if (channels === 0 || align !== channels * encoding.bytes) damaged('its format contradicts itself');
  return { encoding, channels };
}

function damaged(what: string): never {
  return fail('I8C0002', `The WAVE file is damaged: ${what}.`);
}

const text = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
