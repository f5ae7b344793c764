// Builtins of WGSL's language feature packed_4x8_integer_dot_product, written out: for implementations without it, and for
// adapters that are software, whose own are slow. A function of a module hides the builtin of the same name, so kernels
// call them by it in either case.
//
// Left shifts are products here: compilers for CPUs shift vectors lane by lane but multiply them whole. On SwiftShader a
// convolution with these takes six tenths of the time that it takes with the builtins; on lavapipe they are equal.

export const packedFunctions = {
  dot4I8Packed: `fn dot4I8Packed(a: u32, b: u32) -> i32 {
  let x = unpack4xI8(a);
  let y = unpack4xI8(b);
  return x.x * y.x + x.y * y.y + x.z * y.z + x.w * y.w;
}`,
  dot4U8Packed: `fn dot4U8Packed(a: u32, b: u32) -> u32 {
  let x = unpack4xU8(a);
  let y = unpack4xU8(b);
  return x.x * y.x + x.y * y.y + x.z * y.z + x.w * y.w;
}`,
  unpack4xI8: `fn unpack4xI8(word: u32) -> vec4i {
  let w = bitcast<i32>(word);
  return vec4i((w * 0x1000000) >> 24u, (w * 0x10000) >> 24u, (w * 0x100) >> 24u, w >> 24u);
}`,
  unpack4xU8: `fn unpack4xU8(word: u32) -> vec4u {
  return vec4u(word & 255u, (word >> 8u) & 255u, (word >> 16u) & 255u, word >> 24u);
}`,
  pack4xI8: `fn pack4xI8(lanes: vec4i) -> u32 {
  let bytes = vec4u(lanes) & vec4u(255u);
  return bytes.x | (bytes.y * 0x100u) | (bytes.z * 0x10000u) | (bytes.w * 0x1000000u);
}`,
} as const;

export type PackedFunction = keyof typeof packedFunctions;

/** The written-out functions that a module's text calls, and those that they call. */
export function packedFunctionsFor(text: string): string {
  const names = Object.keys(packedFunctions) as PackedFunction[];
  const used = new Set<PackedFunction>();
  const scan = (source: string): void => {
    for (const name of names) {
      if (used.has(name) || !source.includes(`${name}(`)) continue;
      used.add(name);
      scan(packedFunctions[name]);
    }
  };
  scan(text);
  return names
    .filter((n) => used.has(n))
    .map((n) => `${packedFunctions[n]}\n`)
    .join('\n');
}
