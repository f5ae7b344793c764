// What is in a program and what it will cost: operators, interface, work, memory, and what stays in floating point.
import type { Diagnostic } from '../ir/diagnostics.ts';
import type { Func, Value } from '../ir/module.ts';
import { constant } from '../ir/ops/constant.ts';
import { lowerModule } from './compile.ts';
import { computed, type FloatOperator, floatOperators } from './float-operators.ts';
import { type Manifest, manifestOf, type TensorManifest } from './manifest.ts';
import type { Program } from './program.ts';
import { version } from './version.ts';

/** Uses of one operator with one combination of element types. */
export interface OperatorUse {
  readonly operator: string;
  /** Element types of what it computes from and of what it gives, constants aside: `i8, i8 -> i8`. */
  readonly types: string;
  readonly count: number;
  readonly macs: number;
}

export type { FloatOperator } from './float-operators.ts';

export interface Inspection {
  readonly name: string;
  readonly sourceSha256: string;
  readonly inputs: readonly TensorManifest[];
  readonly outputs: readonly TensorManifest[];
  readonly states: readonly TensorManifest[];
  /** As imported, most multiply-accumulates first. */
  readonly operators: readonly OperatorUse[];
  readonly macs: number;
  readonly bytes: Manifest['bytes'];
  readonly float: readonly FloatOperator[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Looks into a program. Throws what {@link lowerModule} throws for one that cannot be compiled. */
export function inspect(program: Program): Inspection {
  const module = program.module();
  const operators = operatorUses(module.entry);
  const { loops, macs, diagnostics: found } = lowerModule(module, { name: program.name });
  const diagnostics = [...program.diagnostics, ...found];
  const { name, sourceSha256, inputs, outputs, states, bytes } = manifestOf({
    program: loops,
    compiler: `int8c ${version}`,
    target: '',
    sourceHash: program.sourceHash,
    macs,
  });
  const float = floatOperators(module.entry, diagnostics);
  return { name, sourceSha256, inputs, outputs, states, operators, macs, bytes, float, diagnostics };
}

function operatorUses(func: Func): OperatorUse[] {
  const uses = new Map<string, OperatorUse>();
  for (const op of func.ops) {
    if (op.definition === constant) continue;
    const elements = (values: readonly Value[]) => [...new Set(values.map((v) => v.type.element))].join(', ');
    const types = `${elements(computed(op))} -> ${elements(op.results)}`.trim();
    const operator = op.definition.name;
    const key = `${operator} ${types}`;
    const use = uses.get(key) ?? { operator, types, count: 0, macs: 0 };
    const macs = op.definition.macs?.(op) ?? 0;
    uses.set(key, { ...use, count: use.count + 1, macs: use.macs + macs });
  }
  return [...uses.values()].sort((a, b) => b.macs - a.macs || (a.operator < b.operator ? -1 : 1));
}
