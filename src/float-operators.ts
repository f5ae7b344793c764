// What of a program computes in floating point, and why.
import { CompileError, type Diagnostic } from '../ir/diagnostics.ts';
import type { AnyOpDefinition, Func, Op, Value } from '../ir/module.ts';
import { constant } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { dequantizeScaled, quantizeScaled } from '../ir/ops/scaled-conversion.ts';
import { runPasses } from '../passes/pipeline.ts';
import { portConversions, portMoves } from '../passes/port-conversions.ts';
import type { Program } from './program.ts';

/** An operator that computes in floating point, and why. */
export interface FloatOperator {
  /** Of its first result. */
  readonly name: string;
  readonly operator: string;
  /** The operators of the user's model that it comes from. */
  readonly where: string;
  readonly reason: string;
}

const isFloat = (value: Value) => value.type.element === 'f32' || value.type.element === 'f16';

/** Operands that are computed at run time. */
export const computed = (op: Op) =>
  op.operands.filter((v): v is Value => v !== undefined && v.producer?.definition !== constant);

const conversions: readonly AnyOpDefinition[] = [quantize, dequantize, quantizeScaled, dequantizeScaled];

/** The operators that touch floating point once the passes have run, but for some. */
export function floatOperators(
  func: Func,
  diagnostics: readonly Diagnostic[],
  isExempt: (op: Op) => boolean = () => false,
): FloatOperator[] {
  const noted = new Map(diagnostics.filter((d) => d.code === 'I8C0302').map((d) => [d.where, d.message]));
  return func.ops.flatMap((op) => {
    const [from, to] = [computed(op).some(isFloat), op.results.some(isFloat)];
    // Constants and views compute nothing.
    if (op.definition === constant || op.definition.view === true || (!from && !to)) return [];
    if (isExempt(op)) return [];
    const plain = from === to ? 'The model computes it in floating point.' : 'It converts to or from floating point.';
    const reason = noted.get(op.location) ?? plain;
    return [{ name: op.results[0]?.name ?? '', operator: op.definition.name, where: op.location, reason }];
  });
}

/** The operators of a program that compute in floating point once it is compiled, conversions and those of its ports aside. */
export function computedInFloat(program: Program): FloatOperator[] {
  const module = program.module();
  const diagnostics: Diagnostic[] = [...program.diagnostics];
  runPasses(module, { report: (d) => diagnostics.push(d) });
  const atPorts = new Set([...portConversions(module.entry), ...portMoves(module.entry)]);
  const isExempt = (op: Op) => conversions.includes(op.definition) || atPorts.has(op);
  return floatOperators(module.entry, diagnostics, isExempt);
}

/** What there is to say of an operator that stays float: why, where the passes do not know, and what to do about it. */
export interface FloatAccount {
  readonly reason?: string;
  readonly hint: string;
}

/**
 * Holds a program to integers: conversions of its float inputs and outputs aside, no operator computes in floating point.
 *
 * @throws CompileError I8C0302 with an error for each operator that does.
 */
export function requireIntegers(program: Program, accountOf: (operator: FloatOperator) => FloatAccount): void {
  const found = computedInFloat(program);
  if (found.length === 0) return;
  throw new CompileError(
    found.map((operator) => {
      const { reason = operator.reason, hint } = accountOf(operator);
      const where = operator.where === '' ? {} : { where: operator.where };
      return { code: 'I8C0302', severity: 'error', ...where, message: `${operator.operator}: ${reason}`, hint };
    }),
  );
}
