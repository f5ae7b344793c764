// report-floats: tells the user of operators that compute in f32 behind dequantized operands, and why. It changes nothing.
import type { Op } from '../ir/module.ts';
import { quantize } from '../ir/ops/quantize.ts';
import type { Pass } from './pass.ts';
import { portConversions } from './port-conversions.ts';
import { dequantized, quantizedForm } from './quantized-form.ts';

export const reportFloats: Pass = {
  name: 'report-floats',
  run(func, { module, report }) {
    const reasons = new Map<Op, string>();
    for (const op of func.ops) {
      const form = op.definition === quantize ? quantizedForm(func, op, module.rounding) : undefined;
      if (form?.reason !== undefined) reasons.set(form.operator, form.reason);
    }
    const conversions = portConversions(func);
    for (const op of func.ops) {
      if (op.definition === quantize || conversions.has(op) || !op.operands.some((v) => dequantized(v) !== undefined))
        continue;
      const reason = reasons.get(op) ?? 'has a result that is not quantized';
      const where = op.location === '' ? op.definition.name : op.location;
      const message = `The operator stays in f32 behind dequantized operands: it ${reason}.`;
      report({ code: 'I8C0302', severity: 'note', where, message });
    }
    return false;
  },
};
