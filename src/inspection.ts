// What is in a program and what it will cost: operators, interface, work, memory, and what stays in floating point.
import type { Diagnostic } from '../ir/diagnostics.ts';
import type { Func, Op, Value } from '../ir/module.ts';
import { constant } from '../ir/ops/constant.ts';
import { lowerModule } from './compile.ts';
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

/** An operator that computes in floating point, and why. */
export interface FloatOperator {
  readonly operator: string;
  /** The operators of the user's model that it comes from. */
  readonly where: string;
  readonly reason: string;
}

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

const isFloat = (value: Value) => value.type.element === 'f32' || value.type.element === 'f16';

/** Operands that are computed at run time. */
const computed = (op: Op) =>
  op.operands.filter((v): v is Value => v !== undefined && v.producer?.definition !== constant);

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

/** The operators that touch floating point once the passes have run. */
function floatOperators(func: Func, diagnostics: readonly Diagnostic[]): FloatOperator[] {
  const noted = new Map(diagnostics.filter((d) => d.code === 'I8C0302').map((d) => [d.where, d.message]));
  return func.ops.flatMap((op) => {
    const [from, to] = [computed(op).some(isFloat), op.results.some(isFloat)];
    // Constants and views compute nothing.
    if (op.definition === constant || op.definition.view === true || (!from && !to)) return [];
    const plain = from === to ? 'The model computes it in floating point.' : 'It converts to or from floating point.';
    return [{ operator: op.definition.name, where: op.location, reason: noted.get(op.location) ?? plain }];
  });
}
