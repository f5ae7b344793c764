// Decodes JPEG pictures, baseline and progressive (ITU-T T.81), with jpeg-js. It repeats subsampled colours without
// smoothing them, so that values differ by a few steps from those of libjpeg at edges of colours.
import jpeg from 'jpeg-js';
import { fail } from '../../ir/diagnostics.ts';
import { maxPicturePixels, type Picture } from './picture.ts';

/** Pixels times scans: each scan of a progressive picture passes over all of it, though it may have no more than some bytes. */
const maxScannedPixels = 2 ** 29;

/** Bytes that the decoder may take, as it counts them itself. */
const maxDecoderMegabytes = 1024;

function damaged(what: string): never {
  return fail('I8C0002', `The JPEG file is damaged: ${what}.`);
}

/**
 * Decodes a JPEG picture to RGB; gray ones have three equal channels. The orientation that cameras note beside the
 * picture is not applied (nor do TensorFlow's decode_jpeg and Pillow's open).
 *
 * @throws CompileError I8C0002 where the file is damaged, I8C0004 where decoding would take too much.
 */
export function decodeJpegPicture(file: Uint8Array): Picture {
  const { width, height } = frameSize(file);
  const tooLarge = (what: string) => fail('I8C0004', `The picture has ${what}, more than int8c decodes.`);
  if (width * height > maxPicturePixels) tooLarge(`${width}x${height} pixels`);
  const scans = countScans(file);
  if (scans * width * height > maxScannedPixels) tooLarge(`${width}x${height} pixels in ${scans} scans`);
  try {
    const { data, ...size } = jpeg.decode(file, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: maxPicturePixels / 1e6,
      maxMemoryUsageInMB: maxDecoderMegabytes,
    });
    if (size.width !== width || size.height !== height) damaged('it has two sizes');
    return { width, height, channels: 3, data };
  } catch (error) {
    // The decoder throws plain errors; diagnostics of int8c's own pass.
    if (!(error instanceof Error) || error.name === 'CompileError') throw error;
    return damaged(error.message.replace(/\.$/, ''));
  }
}

/** Markers of frames: SOF0 to SOF15 without DHT, JPG and DAC, which lie between them. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

const startOfScan = 0xda;
const endOfImage = 0xd9;

/** The size that the first frame header says, found without decoding anything. */
function frameSize(file: Uint8Array): { width: number; height: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 2; at + 9 < file.length; ) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff) damaged('a segment does not start with a marker');
    // Bytes of 0xff may fill up what is before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === startOfScan) break;
    if (isFrame(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      if (width === 0 || height === 0) damaged('its size is 0');
      return { width, height };
    }
    at += 2 + view.getUint16(at + 2);
  }
  return damaged('it has no frame');
}

/**
 * Scans at most: inside of coded data 0xff is followed by other bytes. Throws where the end of the picture does not follow
 * them: the decoder itself would take what is missing as gray.
 */
function countScans(file: Uint8Array): number {
  let scans = 0;
  let ended = false;
  for (let at = file.indexOf(0xff); at >= 0; at = file.indexOf(0xff, at + 1)) {
    if (file[at + 1] === startOfScan) {
      scans++;
      ended = false;
    } else if (file[at + 1] === endOfImage) ended = true;
  }
  if (!ended) damaged('it ends inside of its picture');
  return scans;
}
