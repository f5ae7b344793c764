// Samples in PNG and JPEG files, one picture in each.
import { fail } from '../../ir/diagnostics.ts';
import { readBoundedFile } from '../files/read-file.ts';
import type { Picture } from './picture.ts';
import type { OpenSampleFile } from './sample-file.ts';
import { feedOfPicture } from './to-feed.ts';

/** No picture of as many pixels as are decoded takes more. */
const maxFileBytes = 2 ** 28;

/** Opens a picture; it is read when its sample is. */
export const openImage: OpenSampleFile = async (path, target) => ({
  count: 1,
  read: async () => feedOfPicture(target, await decodeImage(await readBoundedFile(path, 'sample file', maxFileBytes))),
});

/**
 * Decodes a PNG or a JPEG file, told apart by their first bytes whatever the file is called.
 *
 * @throws CompileError I8C0001 for other files, I8C0002 for damaged ones, I8C0004 for pictures of too many pixels.
 */
export async function decodeImage(file: Uint8Array): Promise<Picture> {
  if (file[0] === 0x89 && file[1] === 0x50) {
    const { decodePngPicture } = await import('./decode-png.ts');
    return decodePngPicture(file);
  }
  if (file[0] === 0xff && file[1] === 0xd8) {
    const { decodeJpegPicture } = await import('./decode-jpeg.ts');
    return decodeJpegPicture(file);
  }
  return fail('I8C0001', 'The file is neither a PNG nor a JPEG picture.');
}
