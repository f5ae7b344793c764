// Writes WAVE files of any encoding, sound ones and others.

export interface WavOptions {
  /** 1 for PCM, 3 for floating point. */
  tag?: number;
  bits?: number;
  channels?: number;
  /** The format in the extension, as programs write it for 24 bits and more than two channels. */
  extensible?: boolean;
  /** What the data chunk says about its size, where that is not so. */
  dataSize?: number;
}

/** The file of these numbers, each an integer of PCM or a real number as it stands in the file. */
export function writeWav(numbers: readonly number[], options: WavOptions = {}): Uint8Array {
  const { tag = 1, bits = 16, channels = 1, extensible = false } = options;
  const bytes = bits / 8;
  const data = Buffer.alloc(numbers.length * bytes);
  for (const [i, x] of numbers.entries()) {
    if (tag === 3) data[bits === 64 ? 'writeDoubleLE' : 'writeFloatLE'](x, i * bytes);
    else if (bits === 8) data.writeUInt8(x, i);
    else data.writeIntLE(x, i * bytes, bytes);
  }
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(16000, 4);
  format.writeUInt32LE(16000 * channels * bytes, 8);
  format.writeUInt16LE(channels * bytes, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(tag, 24);
  }
  const chunk = (name: string, contents: Buffer, size = contents.length) => {
    const header = Buffer.alloc(8);
    header.write(name, 0, 'latin1');
    header.writeUInt32LE(size, 4);
    return Buffer.concat([header, contents, Buffer.alloc(contents.length % 2)]);
  };
  const chunks = [chunk('fmt ', format), chunk('LIST', Buffer.from('odd')), chunk('data', data, options.dataSize)];
  return new Uint8Array(chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks])));
}
