// Instruction sets as the schedules see them: one row each. A schedule asks for lanes, groups and registers, never for a
// name; what an instruction is called is its backend's business.

/** Element type of both operands of a dot; f32: there is none, but products of vectors. */
export type DotOperand = 'i8' | 'i16' | 'f32';

export interface Isa {
  readonly name: string;
  /** 32-bit accumulators that one register holds. */
  readonly lanes: number;
  /** Products that one dot adds to each accumulator; 1: multiply and add. */
  readonly group: number;
  /** What dot multiplies; smaller integers are widened when they are loaded. */
  readonly operand: DotOperand;
  /** Dot wants its other operand, the activations, unsigned: the pass store-unsigned makes them so. Absent: signed. */
  readonly activations?: 'u8';
  /** The row for contractions that this one does not suit: wider elements, fewer columns than lanes. Absent: scalar. */
  readonly wider?: Isa;
  /** The row for sums of f32, whose order no lane may change. Absent: scalar. */
  readonly floats?: Isa;
  /** Registers that hold accumulators and operands of a tile at once, addresses and counters apart. */
  readonly registers: number;
  /** Vectors of f32 are as cheap as vectors of i32: requantization goes through them where that is proved equal. */
  readonly floatRequantize?: true;
  /** Code is downloaded before it runs: layers of different extents share kernels (passes/lower/share-kernels.ts). */
  readonly downloaded?: true;
  /** A store writes whole 32-bit words, so that no word may belong to two iterations of a parallel loop. */
  readonly wordStores?: true;
}

/**
 * Portable scalar code. Eleven values are a tile of 2 x 4, its inputs and one weight: with two addresses and an end they
 * fill a Cortex-M4's fourteen registers. Measured under QEMU (gcc 12, whole networks), nothing smaller or larger takes
 * fewer instructions, and on x86-64 it is within 2 % of the best.
 */
export const scalar: Isa = { name: 'scalar', lanes: 1, group: 1, operand: 'i16', registers: 11 };

/** WGSL: four accumulators as a vector, and dot4I8Packed for each. */
export const wgsl: Isa = { name: 'wgsl', lanes: 4, group: 4, operand: 'i8', registers: 32, wordStores: true };

/** WebAssembly SIMD where there are fewer results than lanes: eight products of one accumulator, added up at once. */
const wasmWhole: Isa = { name: 'wasm-simd128-whole', lanes: 1, group: 8, operand: 'i16', registers: 14 };

/** WebAssembly SIMD on f32: every lane multiplies and adds for a result of its own, in the order that scalars have. */
const wasmFloats: Isa = {
  name: 'wasm-simd128-f32',
  lanes: 4,
  group: 1,
  operand: 'f32',
  registers: 14,
  downloaded: true,
};

/**
 * WebAssembly SIMD: i32x4.dot_i16x8_s. Of an x86-64's sixteen registers engines keep one for themselves, and sums of
 * products need another before they are added: with 15 (tiles of 6 x 8) ResNet8 takes a quarter more time, with 11
 * (4 x 8) a keyword spotter a sixth more (Node 24, Zen 4).
 */
const wasmSimd: Isa = {
  ...{ name: 'wasm-simd128', lanes: 4, group: 2, operand: 'i16', registers: 14 },
  wider: wasmWhole,
  floats: wasmFloats,
  floatRequantize: true,
  downloaded: true,
};

/**
 * Relaxed SIMD: i32x4.relaxed_dot_i8x16_i7x16_add_s, which adds by itself, on engines where it is exact for unsigned
 * activations.
 */
const wasmRelaxed: Isa = {
  ...{ name: 'wasm-relaxed', lanes: 4, group: 4, operand: 'i8', activations: 'u8', registers: 15 },
  wider: wasmSimd,
  floats: wasmFloats,
  floatRequantize: true,
  downloaded: true,
};

/** Rows by name. Some are spelled by no backend yet; the loop interpreter runs them all. */
export const isas: readonly Isa[] = [
  scalar,
  wasmWhole,
  wasmSimd,
  wasmRelaxed,
  wgsl,
  /** Cortex-M4, M7, M33: SMLAD. */
  { name: 'armv7e-m', lanes: 1, group: 2, operand: 'i16', registers: 12 },
  /** Cortex-M55, M85: VMLADAVA.S8 adds sixteen products to one register. */
  { name: 'mve', lanes: 1, group: 16, operand: 'i8', registers: 14 },
  /** AArch64 with the dot product extension: SDOT. */
  { name: 'aarch64-dotprod', lanes: 4, group: 4, operand: 'i8', registers: 32 },
  /** AVX2: VPMADDWD. */
  { name: 'avx2', lanes: 8, group: 2, operand: 'i16', registers: 16 },
  /** AVX-VNNI: VPDPBUSD. */
  { name: 'avx-vnni', lanes: 8, group: 4, operand: 'i8', activations: 'u8', registers: 16 },
  /** Hexagon HVX: VRMPY. */
  { name: 'hvx', lanes: 32, group: 4, operand: 'i8', registers: 32 },
];
