// Rows of functions of one operand.
import type { AnyOpDefinition } from '../../../../ir/module.ts';
import { ceil, cos, exp, floor, log, round, sin, sqrt } from '../../../../ir/ops/elementary.ts';
import { rsqrt } from '../../../../ir/ops/rsqrt.ts';
import { abs, neg, sign, square } from '../../../../ir/ops/sign.ts';
import type { Row, Rows } from '../operator-context.ts';

const unary =
  (definition: AnyOpDefinition): Row =>
  (op) =>
    op.emit(definition, [op.input(0)]);

export const elementaryRows: Rows = {
  ABS: unary(abs),
  CEIL: unary(ceil),
  COS: unary(cos),
  EXP: unary(exp),
  FLOOR: unary(floor),
  LOG: unary(log),
  NEG: unary(neg),
  ROUND: unary(round),
  RSQRT: unary(rsqrt),
  SIGN: unary(sign),
  SIN: unary(sin),
  SQRT: unary(sqrt),
  SQUARE: unary(square),
};
