// make-integer: operators on quantized types become operators on integers with explicit parameters.
//
// before:  %y = conv2d %x, %w, %b : tensor<1x4x4x8xi8, quant<scale=0.1, zero=3>>
// after:   %a = conv2d %x, %w, %b {input_zero = -4} : tensor<1x4x4x8xi32>
//          %y = requantize %a {requant = <multiplier=[...], ...>} : tensor<1x4x4x8xi8, quant<scale=0.1, zero=3>>
//
// How, is each operator's own answer (its `integer` hook).
import { RuleViolation } from '../ir/define-op.ts';
import { CompileError, type Diagnostic } from '../ir/diagnostics.ts';
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

export const makeInteger: Pass = {
  name: 'make-integer',
  run(func, { module, report }) {
    // Whoever has to change a model wants to know of all that is wrong with it, not of the first thing.
    const errors: Diagnostic[] = [];
    const changed = rewrite(func, (op, builder) => {
      const where = op.location === '' ? op.definition.name : op.location;
      try {
        return op.definition.integer?.({
          op,
          builder,
          attributes: op.attributes,
          rounding: module.rounding,
          note: (message, code = 'I8C0301') =>
            report({ code, severity: 'note', where, message: `The operator: ${message}.` }),
        });
      } catch (error) {
        errors.push(...errorsOf(error, where));
        return undefined;
      }
    });
    if (errors.length > 0) throw new CompileError(errors);
    return changed;
  },
};

/** What an operator's integer form says against the model; anything else is thrown on. */
function errorsOf(error: unknown, where: string): readonly Diagnostic[] {
  if (error instanceof CompileError) return error.diagnostics;
  if (!(error instanceof RuleViolation)) throw error;
  return [{ code: 'I8C0208', severity: 'error', where, message: `The operator ${error.message}.` }];
}
