// Keeps a compiler from rounding f32 arithmetic otherwise than the program says: every operation once, on its own.

/**
 * Lines for the top of a file with f32 arithmetic. Contraction of a * b + c into one rounding is switched off: by the
 * standard's pragma, and for GCC (which does not know it, and contracts unless told -std=c99) by its own. A command line
 * with -ffp-contract=fast overrides the pragma in clang; nothing in the source can see that.
 */
export const floatGuard: readonly string[] = [
  '',
  '#if !defined(FLT_EVAL_METHOD) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)',
  '#error "float must be rounded to float after each operation (on x86: -msse2 -mfpmath=sse)."',
  '#endif',
  '#if defined(__FAST_MATH__)',
  '#error "-ffast-math changes results; compile this file without it."',
  '#endif',
  '#if defined(__GNUC__) && !defined(__clang__)',
  '#pragma GCC optimize("fp-contract=off")',
  '#else',
  '#pragma STDC FP_CONTRACT OFF',
  '#endif',
];
