// Decodes PNG pictures (https://www.w3.org/TR/png-3/) with fast-png. What a stranger could make large is held to its size
// first: the decoder gets nothing but the chunks of the picture itself, with its data inflated, and stored, by then.
import { deflateSync, inflateSync } from 'node:zlib';
import { convertIndexedToRgb, decode } from 'fast-png';
import { fail } from '../../ir/diagnostics.ts';
import { maxPicturePixels, type Picture } from './picture.ts';

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Bytes of a picture before its filters are undone; decoding holds some copies of them. */
const maxRawBytes = 2 ** 27;

/** Samples of a pixel by the colour type of IHDR: gray, RGB, palette, gray and alpha, RGBA. */
const channelsOfType: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

const indexedColour = 3;

/** Where the seven passes of Adam7 begin, and the distance of their pixels: x, y, dx, dy (PNG specification, 8.2). */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Bytes of the inflated data: each row of each pass has a byte for its filter, and begins at a byte of its own. */
function scanlineBytes(width: number, height: number, pixelBits: number, interlaced: boolean): number {
  const passes = interlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  return passes.reduce((sum, [x, y, dx, dy]) => {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    return columns > 0 && rows > 0 ? sum + rows * (1 + Math.ceil((columns * pixelBits) / 8)) : sum;
  }, 0);
}

function damaged(what: string): never {
  return fail('I8C0002', `The PNG file is damaged: ${what}.`);
}

interface Chunk {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/**
 * Decodes a PNG picture: 1 to 16 bits, palettes and interlacing included. Values are 0 to 255 whatever the bits of a
 * sample; those of 16 bits keep their fraction.
 *
 * @throws CompileError I8C0002 where the file is damaged, I8C0004 for more than {@link maxPicturePixels} pixels.
 */
export function decodePngPicture(file: Uint8Array): Picture {
  const chunks = readChunks(file);
  const [header] = chunks;
  if (header?.type !== 'IHDR' || header.bytes.length !== 13) return damaged('it does not begin with its header');
  const view = new DataView(header.bytes.buffer, header.bytes.byteOffset);
  const [width, height, depth] = [view.getUint32(0), view.getUint32(4), view.getUint8(8)];
  const channels = channelsOfType.get(view.getUint8(9));
  if (width === 0 || height === 0 || channels === undefined) damaged('its header contradicts itself');
  if (width * height > maxPicturePixels) {
    fail('I8C0004', `The picture has ${width}x${height} pixels; int8c decodes at most ${maxPicturePixels}.`);
  }
  const data = concatenate(chunks.filter(({ type }) => type === 'IDAT').map(({ bytes }) => bytes));
  const indexed = view.getUint8(9) === indexedColour;
  const rawBytes = scanlineBytes(width, height, channels * depth, view.getUint8(12) !== 0);
  if (rawBytes > maxRawBytes) {
    fail('I8C0004', `The picture has ${rawBytes} bytes; int8c decodes at most ${maxRawBytes}.`);
  }
  try {
    const raw = inflateSync(data, { maxOutputLength: rawBytes });
    if (raw.length < rawBytes) damaged('it has less data than its size says');
    const decoded = decode(
      concatenate([
        signature,
        // Of other pictures these say what is not wanted: colours for poor displays, and what is transparent.
        ...chunks.filter(({ type }) => type === 'IHDR' || (indexed && type !== 'IDAT')).map(encodeChunk),
        encodeChunk({ type: 'IDAT', bytes: deflateSync(raw, { level: 0 }) }),
        encodeChunk({ type: 'IEND', bytes: new Uint8Array() }),
      ]),
    );
    if (!indexed) return { width, height, channels, data: eightBits(decoded.data, decoded) };
    const colours = convertIndexedToRgb(decoded);
    return { width, height, channels: colours.length / (width * height), data: colours };
  } catch (error) {
    // The decoder and zlib throw plain errors; diagnostics of int8c's own pass.
    if (!(error instanceof Error) || error.name === 'CompileError') throw error;
    return damaged(error.message.replace(/\.$/, ''));
  }
}

/** Samples as 0 to 255: those of fewer than 8 bits lie several in a byte, each row from a byte of its own. */
function eightBits(
  data: ArrayLike<number>,
  { width, height, channels, depth }: { width: number; height: number; channels: number; depth: number },
): ArrayLike<number> {
  if (depth === 8) return data;
  if (depth === 16) return Float32Array.from(data, (x) => x / 257);
  const line = width * channels;
  const lineBytes = Math.ceil((line * depth) / 8);
  const largest = 2 ** depth - 1;
  return Float32Array.from({ length: height * line }, (_, i) => {
    const bit = (i % line) * depth;
    const byte = data[Math.floor(i / line) * lineBytes + (bit >> 3)]!;
    return (((byte >> (8 - depth - (bit & 7))) & largest) * 255) / largest;
  });
}

/** The chunks up to IEND: 4 bytes of length, 4 of type, the data, 4 of CRC, which holds nothing against damage on purpose. */
function readChunks(file: Uint8Array): Chunk[] {
  if (!signature.every((byte, i) => file[i] === byte)) damaged('it does not start with the bytes of a PNG file');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chunks: Chunk[] = [];
  for (let at = signature.length; ; ) {
    if (at + 12 > file.length) damaged('it ends inside of a chunk');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (length > file.length - at - 12) damaged('it ends inside of a chunk');
    if (type === 'IEND') return chunks;
    // Others are of no interest for the pixels: texts, times, colour profiles.
    if (['IHDR', 'PLTE', 'tRNS', 'IDAT'].includes(type)) {
      chunks.push({ type, bytes: file.subarray(at + 8, at + 8 + length) });
    }
    at += 12 + length;
  }
}

/** A chunk without its CRC, which the decoder is not told to check. */
function encodeChunk({ type, bytes }: Chunk): Uint8Array {
  const chunk = new Uint8Array(12 + bytes.length);
  new DataView(chunk.buffer).setUint32(0, bytes.length);
  chunk.set(new TextEncoder().encode(type), 4);
  chunk.set(bytes, 8);
  return chunk;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
