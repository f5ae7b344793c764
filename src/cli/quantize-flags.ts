// The options that say how a float network is quantized.
import type { Rounding } from '../../ir/attributes.ts';
import type { QuantizeOptions } from '../quantize/quantize.ts';
import { budgetIn, percentageOf, wholeNumber } from './flag-values.ts';

export interface QuantizeFlags {
  readonly stats?: string;
  readonly method?: NonNullable<QuantizeOptions['method']>;
  readonly weights?: 'learned' | 'nearest';
  readonly element?: 'i8' | 'i16';
  readonly equalize?: true;
  readonly wide?: NonNullable<QuantizeOptions['wide']>;
  readonly keepFloat?: readonly string[];
  readonly maxDrop?: string;
  readonly budget?: string;
  readonly dynamic?: true;
  readonly weightOnly?: true;
  readonly prune?: string;
  readonly ports?: 'float' | 'integer';
  readonly rounding?: Rounding;
  readonly workers?: string;
  readonly requireInt8?: true;
}

/** The options of `quantize`, the statistics aside. Throws CompileError I8C0401 for values that are none. */
export function quantizeOptions(flags: QuantizeFlags): QuantizeOptions {
  const {
    method,
    weights,
    element,
    equalize,
    wide,
    keepFloat,
    maxDrop,
    budget,
    dynamic,
    weightOnly,
    prune,
    ports,
    rounding,
    workers,
  } = flags;
  return {
    ...(method === undefined ? {} : { method }),
    ...(weights === undefined ? {} : { weights }),
    ...(element === undefined ? {} : { element }),
    ...(equalize === undefined ? {} : { equalize }),
    ...(wide === undefined ? {} : { wide }),
    ...(keepFloat === undefined ? {} : { keepFloat }),
    ...(maxDrop === undefined ? {} : { maxDrop: percentageOf('--max-drop', maxDrop) }),
    ...(budget === undefined ? {} : { budget: budgetIn('--budget', budget) }),
    ...(dynamic === undefined ? {} : { dynamic }),
    ...(weightOnly === undefined ? {} : { weightOnly }),
    ...(prune === undefined ? {} : { prune: percentageOf('--prune', prune) }),
    ...(ports === undefined ? {} : { ports }),
    ...(rounding === undefined ? {} : { rounding }),
    ...(workers === undefined ? {} : { workers: wholeNumber('--workers', workers, 1) }),
  };
}
