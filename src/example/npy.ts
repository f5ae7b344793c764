// Writes arrays in NumPy's .npy format, version 1.0
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).

/** The array as the bytes of a .npy file: C order, little-endian. */
export function encodeNpy(data: Float32Array | Int8Array, shape: readonly number[]): Uint8Array {
  const descr = data instanceof Float32Array ? '<f4' : '|i1';
  // A shape of one dimension is a Python tuple too, which wants its comma.
  const tuple = shape.map((extent) => `${extent},`).join(' ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // Magic, version and header length take 10 bytes; the header ends in a newline at a multiple of 64.
  const headerBytes = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = dictionary.padEnd(headerBytes - 11, ' ');
  const file = new Uint8Array(headerBytes + data.byteLength);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(`\x00NUMPY\x01\x00\x00\x00${header}\n`));
  file[0] = 0x93;
  view.setUint16(8, headerBytes - 10, true);
  for (const [i, element] of data.entries()) {
    if (data instanceof Float32Array) view.setFloat32(headerBytes + 4 * i, element, true);
    else view.setInt8(headerBytes + i, element);
  }
  return file;
}
