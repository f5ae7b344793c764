// fuse-port-scaling: what scales a float port and what converts it become one operator, so that no scaled floats are stored.
//
// before:  %a = sub %x, %m ; %b = mul %a, %f ; %q = quantize %b
//          %r = dequantize %y ; %s = mul %r, %g ; %t = add %s, %n
// after:   %q = quantize_scaled %x, %f, %m
//          %t = dequantize_scaled %y, %g, %n
import type { AnyOpDefinition, Func, Op, Value } from '../ir/module.ts';
import { add, sub } from '../ir/ops/add.ts';
import { constant } from '../ir/ops/constant.ts';
import { dequantize } from '../ir/ops/dequantize.ts';
import { mul } from '../ir/ops/mul.ts';
import { quantize } from '../ir/ops/quantize.ts';
import { dequantizeScaled, quantizeScaled } from '../ir/ops/scaled-conversion.ts';
import type { Pass } from './pass.ts';
import { portConversions } from './port-conversions.ts';
import { isFloat } from './quantized-form.ts';
import { rewrite } from './rewrite.ts';

export const fusePortScaling: Pass = {
  name: 'fuse-port-scaling',
  run(func) {
    const conversions = portConversions(func);
    const changed = rewrite(func, (op, builder) => {
      const last = op.operands[0]?.producer;
      const isScaled = op.definition === quantize && last !== undefined && conversions.has(last) && isWhole(op.result);
      const found = isScaled ? scaledInput(func, op.operand(0)) : undefined;
      return found && [builder.create(quantizeScaled, found, { ties: op.attributes.ties as 'away' }, op.result.type)];
    });
    return (
      rewrite(func, (op, builder) => {
        const isLast = conversions.has(op) && ![...op.result.users].some((user) => conversions.has(user));
        const found = isLast ? scaledOutput(func, op) : undefined;
        return found && [builder.create(dequantizeScaled, found)];
      }) || changed
    );
  },
};

const isWhole = ({ type: { element, quant } }: Value) =>
  (element === 'i8' || element === 'i16') && quant !== undefined && quant.axis === undefined;

/** Input, factor and shift behind what is quantized. */
function scaledInput(func: Func, value: Value): Value[] | undefined {
  const scaled = byChannel(value.producer, mul);
  if (scaled === undefined || !isUsedOnce(func, value)) return undefined;
  const shifted = byChannel(scaled.x.producer, sub);
  const [x, ...shift] = shifted && isUsedOnce(func, scaled.x) ? [shifted.x, shifted.numbers] : [scaled.x];
  return [x, scaled.numbers, ...shift];
}

/** Integers, factor and shift behind a float result. */
function scaledOutput(func: Func, op: Op): Value[] | undefined {
  const shifted = byChannel(op, add);
  const scaled = byChannel(shifted ? shifted.x.producer : op, mul);
  if (scaled === undefined || (shifted !== undefined && !isUsedOnce(func, shifted.x))) return undefined;
  const from = scaled.x.producer;
  if (from?.definition !== dequantize || !isUsedOnce(func, scaled.x) || !isWhole(from.operand(0))) return undefined;
  return [from.operand(0), scaled.numbers, ...(shifted === undefined ? [] : [shifted.numbers])];
}

/** The operands of an operator that computes a float by constants, one for each channel; undefined where it does not. */
function byChannel(op: Op | undefined, definition: AnyOpDefinition): { x: Value; numbers: Value } | undefined {
  if (op?.definition !== definition || !isFloat(op.result)) return undefined;
  const [low, high] = op.attributes.clamp as readonly number[];
  const [x, numbers] = [op.operand(0), op.operand(1)];
  const isChannels = numbers.type.shape.length === 1 && numbers.type.shape[0] === x.type.shape.at(-1);
  const isPlain = low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY;
  return isPlain && isChannels && numbers.producer?.definition === constant ? { x, numbers } : undefined;
}

const isUsedOnce = (func: Func, value: Value) => value.users.size === 1 && !func.isReturned(value);
