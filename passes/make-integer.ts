// make-integer: operators on quantized types become operators on integers with explicit parameters.
//
// before:  %y = conv2d %x, %w, %b : tensor<1x4x4x8xi8, quant<scale=0.1, zero=3>>
// after:   %a = conv2d %x, %w, %b {input_zero = -4} : tensor<1x4x4x8xi32>
//          %y = requantize %a {requant = <multiplier=[...], ...>} : tensor<1x4x4x8xi8, quant<scale=0.1, zero=3>>
//
// How, is each operator's own answer (its `integer` hook).
import { RuleViolation } from '../ir/define-op.ts';
import { fail } from '../ir/diagnostics.ts';
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

export const makeInteger: Pass = {
  name: 'make-integer',
  run(func, { module, report }) {
    return rewrite(func, (op, builder) => {
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
        if (error instanceof RuleViolation) fail('I8C0208', `The operator ${error.message}.`, { where });
        throw error;
      }
    });
  },
};
