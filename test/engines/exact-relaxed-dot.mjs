// Gives this engine a relaxed dot that is exact, as engines have it on processors with VPDPBUSD: whatever is compiled
// afterwards calls a function of plain SIMD instead of the instruction. So the probe, the choice and the relaxed module
// itself are tested on every machine.
import binaryen from 'binaryen';

const instruction = '(i32x4.relaxed_dot_i8x16_i7x16_add_s';

/** `c` plus products of the signed bytes of `a` and the unsigned bytes of `b`, in groups of four. */
const exactDot = `
  (func $exact_relaxed_dot (param $a v128) (param $b v128) (param $c v128) (result v128)
    (local $low v128) (local $high v128)
    (local.set $low (i32x4.dot_i16x8_s
      (i16x8.extend_low_i8x16_s (local.get $a)) (i16x8.extend_low_i8x16_u (local.get $b))))
    (local.set $high (i32x4.dot_i16x8_s
      (i16x8.extend_high_i8x16_s (local.get $a)) (i16x8.extend_high_i8x16_u (local.get $b))))
    (i32x4.add (local.get $c) (i32x4.add
      (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $low) (local.get $high))
      (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $low) (local.get $high)))))
`;

/** A module with the instruction replaced. */
function exact(bytes) {
  const given = binaryen.readBinary(new Uint8Array(bytes));
  const text = given.emitText();
  given.dispose();
  if (!text.includes(instruction)) return bytes;
  const body = text.replaceAll(instruction, '(call $exact_relaxed_dot');
  const replaced = binaryen.parseText(`${body.slice(0, body.lastIndexOf(')'))}${exactDot})`);
  replaced.setFeatures(binaryen.Features.All);
  const binary = replaced.emitBinary();
  replaced.dispose();
  return binary;
}

/** Replaces what loaders use of the engine's interface. */
export function install() {
  const { validate, compile, Module } = WebAssembly;
  WebAssembly.validate = (bytes) => validate(exact(bytes));
  WebAssembly.compile = (bytes) => compile(exact(bytes));
  WebAssembly.Module = new Proxy(Module, { construct: (target, [bytes]) => new target(exact(bytes)) });
}
