// A C main that times a program and tells the times over its standard streams: how int8c benches its own C artifacts on
// this machine. Numbers are in the machine's own byte order, since the other side is a process of the same machine.
//
//     i, the inputs           keeps them for the runs that follow
//     t, a count as uint32    runs so many times; answers with the nanoseconds of all as uint64
//     p                       runs once; answers with the nanoseconds of each call as uint64 (profiling builds)
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { elementType } from './c-types.ts';

export interface BenchDriverOptions {
  /** For an artifact that was printed with `afterCall`. */
  readonly calls: boolean;
}

/** The text of the driver; include path and names follow the program's artifact. Needs POSIX's clock_gettime. */
export function printBenchDriver(program: LoopProgram, { calls }: BenchDriverOptions): string {
  const { name } = program;
  const of = (kind: Storage['storage']) => program.storages.filter((s) => s.storage === kind);
  const [inputs, outputs] = [of('input'), of('output')];
  const port = (kind: string) => (_: Storage, i: number) => `driver_${kind}${i}`;
  const declare = (kind: string) => (s: Storage, i: number) =>
    `static ${elementType(s.element)} driver_${kind}${i}[${Math.max(1, s.length)}];`;
  const bytes = (s: Storage) => `${s.length * bytesPerElement(s.element)}u`;
  const ports = [...inputs.map(port('input')), ...outputs.map(port('output'))];
  return [
    '/* Times the program, over standard input and output. */',
    '#define _POSIX_C_SOURCE 199309L',
    '#include <stdint.h>',
    '#include <stdio.h>',
    '#include <time.h>',
    `#include "${name}.h"`,
    '',
    ...inputs.map(declare('input')),
    ...outputs.map(declare('output')),
    '',
    'static uint64_t nanoseconds(void) {',
    '  struct timespec t;',
    '  if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) {',
    '    return 0;',
    '  }',
    '  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;',
    '}',
    '',
    ...(calls ? callClock(program) : []),
    'static void run(void) {',
    `  ${name}_invoke(${ports.join(', ')});`,
    '}',
    '',
    'static int answer(const uint64_t *numbers, size_t count) {',
    '  return fwrite(numbers, sizeof *numbers, count, stdout) == count && fflush(stdout) == 0;',
    '}',
    '',
    'static int time_runs(void) {',
    '  uint32_t count, k;',
    '  uint64_t start, elapsed;',
    '  if (fread(&count, sizeof count, 1, stdin) != 1) {',
    '    return 0;',
    '  }',
    '  start = nanoseconds();',
    '  for (k = 0; k < count; k++) {',
    '    run();',
    '  }',
    '  elapsed = nanoseconds() - start;',
    '  return answer(&elapsed, 1);',
    '}',
    '',
    'int main(void) {',
    '  int command;',
    '  while ((command = getchar()) != EOF) {',
    "    if (command == 'i') {",
    ...inputs.map((s, i) => `      if (fread(driver_input${i}, 1, ${bytes(s)}, stdin) != ${bytes(s)}) return 1;`),
    '    }',
    "    if (command == 't' && !time_runs()) {",
    '      return 1;',
    '    }',
    ...(calls ? ["    if (command == 'p' && !time_calls()) {", '      return 1;', '    }'] : []),
    '  }',
    '  return 0;',
    '}',
    '',
  ].join('\n');
}

/** `NAME_after_call` notes how long each call took: from the end of the one before it. */
function callClock({ name, calls }: LoopProgram): string[] {
  const count = Math.max(1, calls.length);
  return [
    `static uint64_t call_times[${count}];`,
    'static uint64_t last_end;',
    '',
    `void ${name}_after_call(int call);`,
    '',
    `void ${name}_after_call(int call) {`,
    '  call_times[call] = nanoseconds() - last_end;',
    '  last_end = nanoseconds();',
    '}',
    '',
    'static void run(void);',
    'static int answer(const uint64_t *numbers, size_t count);',
    '',
    'static int time_calls(void) {',
    '  last_end = nanoseconds();',
    '  run();',
    `  return answer(call_times, ${calls.length});`,
    '}',
    '',
  ];
}
