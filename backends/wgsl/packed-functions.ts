// Builtins of WGSL's language feature packed_4x8_integer_dot_product, written out for implementations without it. A
// function of a module hides the builtin of the same name, so kernels call them by it in either case.

export const packedFunctions = {
  dot4I8Packed: `fn dot4I8Packed(a: u32, b: u32) -> i32 {
  return dot(unpack4xI8(a), unpack4xI8(b));
}`,
  dot4U8Packed: `fn dot4U8Packed(a: u32, b: u32) -> u32 {
  return dot(unpack4xU8(a), unpack4xU8(b));
}`,
  unpack4xI8: `fn unpack4xI8(word: u32) -> vec4i {
  return vec4i(vec4u(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u);
}`,
  unpack4xU8: `fn unpack4xU8(word: u32) -> vec4u {
  return (vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
}`,
  pack4xI8: `fn pack4xI8(lanes: vec4i) -> u32 {
  let bytes = (vec4u(lanes) & vec4u(255u)) << vec4u(0u, 8u, 16u, 24u);
  return bytes.x | bytes.y | bytes.z | bytes.w;
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
