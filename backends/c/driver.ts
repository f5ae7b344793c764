// A small C main that serves a program over its standard streams: how int8c runs its own C artifacts on this machine.
// Bytes in: `i` and the inputs (answered by the outputs), `r` to reset. Ends with its input.
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { elementType } from './c-types.ts';

/** The text of `driver.c`; include path and names follow the program's artifact. */
export function printDriver(program: LoopProgram): string {
  const { name } = program;
  const of = (kind: Storage['storage']) => program.storages.filter((s) => s.storage === kind);
  const [inputs, outputs] = [of('input'), of('output')];
  const declare = (s: Storage) => `static ${elementType(s.element)} ${s.name}[${Math.max(1, s.length)}];`;
  const bytes = (s: Storage) => `${s.length * bytesPerElement(s.element)}u`;
  return [
    '/* Serves the program over standard input and output. */',
    '#include <stdint.h>',
    '#include <stdio.h>',
    `#include "${name}.h"`,
    '',
    ...[...inputs, ...outputs].map(declare),
    '',
    'int main(void) {',
    '  int command;',
    '  while ((command = getchar()) != EOF) {',
    "    if (command == 'r') {",
    `      ${name}_reset();`,
    '      continue;',
    '    }',
    ...inputs.map((s) => `    if (fread(${s.name}, 1, ${bytes(s)}, stdin) != ${bytes(s)}) return 1;`),
    `    ${name}_invoke(${[...inputs, ...outputs].map((s) => s.name).join(', ')});`,
    ...outputs.map((s) => `    if (fwrite(${s.name}, 1, ${bytes(s)}, stdout) != ${bytes(s)}) return 1;`),
    '    if (fflush(stdout) != 0) return 1;',
    '  }',
    '  return 0;',
    '}',
    '',
  ].join('\n');
}
