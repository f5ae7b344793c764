// How operators pass on factors of channels (the hook `factors`). A channel is what has one place in the last dimension.
// The passes that even out channels between linear operators ask: see passes/quantization/channel-classes.ts.
import type { Op } from './module.ts';

/** Which factors: any but 0, or those above 0. */
export type FactorSigns = 'any' | 'positive';

/**
 * Operands whose channels are multiplied by factors give the result with its channels multiplied by the same, whatever
 * the factors; channels of the result that no operand has are 0.
 */
export interface FactorPassage {
  readonly signs: FactorSigns;
  /**
   * For each operand the place of its channel 0 among the result's channels, negative where the first ones are dropped;
   * undefined for operands that are not multiplied.
   */
  readonly starts: readonly (number | undefined)[];
}

/** Factors that pass a fused activation; undefined where none do. */
export function signsPassing([low, high]: readonly number[]): FactorSigns | undefined {
  if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) return 'any';
  const passes = (bound: number | undefined) => bound === 0 || !Number.isFinite(bound ?? 0);
  return passes(low) && passes(high) ? 'positive' : undefined;
}

/** The weaker of two. */
export const bothSigns = (a: FactorSigns, b: FactorSigns): FactorSigns => (a === 'any' ? b : 'positive');

const channels = (op: Op, i: number) => op.operands[i]?.type.shape.at(-1) ?? 1;

/** For operators of one operand whose result has its channels in their order. */
export function factorsOfFirst(signs: FactorSigns): (op: Op) => FactorPassage | undefined {
  return (op) => {
    const same = channels(op, 0) === (op.result.type.shape.at(-1) ?? 1);
    return same ? { signs, starts: op.operands.map((_, i) => (i === 0 ? 0 : undefined)) } : undefined;
  };
}

/** For operators that combine elements of two operands so that factors common to both pass. */
export function factorsOfBoth(signs: FactorSigns): (op: Op) => FactorPassage | undefined {
  return (op) => {
    const fused = signsPassing(op.attributes.clamp as readonly number[]);
    if (fused === undefined || channels(op, 0) !== channels(op, 1)) return undefined;
    return { signs: bothSigns(signs, fused), starts: [0, 0] };
  };
}

/** For products: the factors of the operand that has the result's shape; the other one keeps its own. */
export function factorsOfProduct(op: Op): FactorPassage | undefined {
  const signs = signsPassing(op.attributes.clamp as readonly number[]);
  const whole = op.operands.findIndex((v) => v?.type.shape.join() === op.result.type.shape.join());
  if (signs === undefined || whole < 0) return undefined;
  return { signs, starts: op.operands.map((_, i) => (i === whole ? 0 : undefined)) };
}
