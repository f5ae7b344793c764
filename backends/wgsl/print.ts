// The WGSL backend: prints a loop program as compute shaders NAME.wgsl, constants NAME.weights.bin, a loader NAME.js and
// its types NAME.d.ts.
import { identifierOf } from '../../ir/identifiers.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { printDeclarations } from './declarations.ts';
import { printLoader } from './loader.ts';
import { printModule } from './module.ts';

/** The files of a program by name. The same program gives the same bytes. */
export function printWgsl(program: LoopProgram): Map<string, string | Uint8Array> {
  const name = identifierOf(program.name) || 'model';
  const module = printModule(program);
  const files = { shaders: `${name}.wgsl`, weights: `${name}.weights.bin` };
  return new Map<string, string | Uint8Array>([
    [files.shaders, module.text],
    [files.weights, module.layout.constants],
    [`${name}.js`, printLoader(name, program, module, files)],
    [`${name}.d.ts`, printDeclarations(name, program)],
  ]);
}
