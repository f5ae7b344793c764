// Prints NAME_selftest.c: vectors and a main that runs them on the target and compares every byte.
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { elementType } from './c-types.ts';
import { comment } from './comments.ts';
import { arrayInitializer } from './constant-arrays.ts';
import { sanitized } from './identifiers.ts';
import { usesArena } from './memory.ts';

/** One run: inputs and expected outputs in the program's order. Runs follow each other from the starting state. */
export interface SelftestVector {
  readonly inputs: readonly TensorArray[];
  readonly outputs: readonly TensorArray[];
}

/**
 * The file's text. It needs nothing but the program's files and, for its report, stdio.h; with
 * `-DNAME_SELFTEST_QUIET` not even that. main returns 0 when all outputs agree, else 1. Integers must be equal; f32
 * within 1e-5 of the larger of the expected magnitude and 1, because the expected numbers may come from another
 * implementation of the same model.
 */
export function printSelftest(program: LoopProgram, vectors: readonly SelftestVector[], name: string): string {
  const prefix = sanitized(name, 'net');
  const macro = prefix.toUpperCase();
  const of = (kind: Storage['storage']) => program.storages.filter((s) => s.storage === kind);
  const [inputs, outputs] = [of('input'), of('output')];
  const external = usesArena(program);
  const results = outputs.map((s, o) => `static ${elementType(s.element)} output${o}[${Math.max(1, s.length)}];`);
  const runs = vectors.map((_, k) => {
    const args = [...inputs.map((_, i) => `input${i}_${k}`), ...outputs.map((_, o) => `output${o}`)];
    const checks = outputs.map(
      (s, o) => `  failures += check${o}(${k}, expected${o}_${k}); /* ${s.length} elements */`,
    );
    return [`  if (${prefix}_invoke(${args.join(', ')}) != 0) {`, '    ++failures;', '  }', ...checks].join('\n');
  });
  return [
    comment([
      `Self-test of ${prefix}: runs it on ${vectors.length} vectors and compares the outputs. main returns 0 when all ` +
        `agree. -D${macro}_SELFTEST_QUIET leaves out the report and stdio.h.`,
    ]),
    `#include "${prefix}.h"`,
    ...(vectors.some(hasInfinity) ? ['#include <math.h>'] : []),
    '',
    `#ifndef ${macro}_SELFTEST_QUIET`,
    '#include <stdio.h>',
    '#define REPORT(...) printf(__VA_ARGS__)',
    '#else',
    '#define REPORT(...) ((void)0)',
    '#endif',
    '',
    ...vectors.flatMap((v, k) => [
      ...inputs.map((s, i) => vectorArray(s, `input${i}_${k}`, v.inputs[i])),
      ...outputs.map((s, o) => vectorArray(s, `expected${o}_${k}`, v.outputs[o])),
    ]),
    ...results,
    ...(external
      ? [`#ifdef ${macro}_EXTERNAL_ARENA`, `static int64_t arena[(${macro}_ARENA_BYTES + 7) / 8];`, '#endif']
      : []),
    '',
    ...(outputs.some((s) => s.element === 'f32') ? differsFunction : []),
    ...outputs.flatMap(checkFunction),
    'int main(void) {',
    '  int failures = 0;',
    ...(external ? [`#ifdef ${macro}_EXTERNAL_ARENA`, `  failures += ${prefix}_set_arena(arena) != 0;`, '#endif'] : []),
    `  ${prefix}_reset();`,
    ...runs,
    '  if (failures == 0) {',
    `    REPORT("${prefix}: ${vectors.length} vectors agree\\n");`,
    '  }',
    '  return failures != 0;',
    '}',
    '',
  ].join('\n');
}

function hasInfinity(v: SelftestVector): boolean {
  return [...v.inputs, ...v.outputs].some((a) => a instanceof Float32Array && a.some((x) => !Number.isFinite(x)));
}

function vectorArray(s: Storage, name: string, data: TensorArray | undefined): string {
  const initializer = new TextDecoder().decode(arrayInitializer(data ?? new Int8Array(0)));
  return `static const ${elementType(s.element)} ${name}[${Math.max(1, s.length)}] = ${initializer};\n`;
}

/** Counts and reports the elements of one output that differ: one report for an output, of its first difference. */
function checkFunction(s: Storage, o: number): string[] {
  const type = elementType(s.element);
  const isFloat = s.element === 'f32';
  const isLong = s.element === 'i64';
  const differs = isFloat ? `differs(expected[i], output${o}[i])` : `expected[i] != output${o}[i]`;
  const [format, shown] = isFloat ? ['%.9g', '(double)'] : isLong ? ['%lld', '(long long)'] : ['%ld', '(long)'];
  const lines = [
    `static int check${o}(int vector, const ${type} *expected) {`,
    '  (void)vector;',
    `  for (int32_t i = 0; i < ${s.length}; ++i) {`,
    `    if (${differs}) {`,
    `      REPORT("vector %d, output ${o}, element %ld: expected ${format}, got ${format}\\n", vector, (long)i,`,
    `             ${shown}expected[i], ${shown}output${o}[i]);`,
    '      return 1;',
    '    }',
    '  }',
    '  return 0;',
    '}',
    '',
  ];
  return lines;
}

/** Equal numbers (also infinite ones), NaN beside NaN, and numbers close to each other do not differ. */
const differsFunction = [
  'static int differs(float expected, float got) {',
  '  const float distance = expected < got ? got - expected : expected - got;',
  '  const float size = expected < 0.0f ? -expected : expected;',
  '  const int both_nan = expected != expected && got != got;',
  '  return expected != got && !both_nan && !(distance <= 1e-5f * (size > 1.0f ? size : 1.0f));',
  '}',
  '',
];
