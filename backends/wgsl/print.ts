// The WGSL backend: prints a loop program as compute shaders NAME.wgsl, constants NAME.weights.bin, a loader NAME.js and
// its types NAME.d.ts.

import type { Diagnostic } from '../../ir/diagnostics.ts';
import { identifierOf } from '../../ir/identifiers.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { printDeclarations } from './declarations.ts';
import { limitDiagnostics } from './limits.ts';
import { printLoader } from './loader.ts';
import { printModule } from './module.ts';

/** The files of a program by name, and what to tell its user. */
export interface WgslArtifact {
  readonly files: Map<string, string | Uint8Array>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Prints a program. The same program gives the same bytes. Throws CompileError I8C0004 for one that is too large. */
export function printWgsl(program: LoopProgram): WgslArtifact {
  const name = identifierOf(program.name) || 'model';
  const module = printModule(program);
  const beside = { shaders: `${name}.wgsl`, weights: `${name}.weights.bin` };
  const files = new Map<string, string | Uint8Array>([
    [beside.shaders, module.text],
    [beside.weights, module.layout.constants],
    [`${name}.js`, printLoader(name, program, module, beside)],
    [`${name}.d.ts`, printDeclarations(name, program)],
  ]);
  return { files, diagnostics: limitDiagnostics(module.layout) };
}
