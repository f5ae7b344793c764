// A proved f32 form as loop code. What it computes, operation by operation, is what float-form.ts evaluates.
import type { Requantization } from '../../../ir/attributes.ts';
import type { LoopBuilder } from '../../../ir/loops/builder.ts';
import type { LoopValue } from '../../../ir/loops/kernel.ts';
import type { LoweringBuffers, RequantizationCode } from '../../../ir/loops/lowering.ts';
import { type Buffer, lanesOf, loopType } from '../../../ir/loops/types.ts';
import { INT32_MIN } from '../../../ir/numerics.ts';
import { offsetUnits } from './float-fit.ts';
import { exponentMask } from './float-form.ts';
import type { FloatPlan } from './float-plan.ts';
import { addAway, bitsOf, floatOf, nearestPlus } from './rounding-code.ts';

/** The code of a plan; its tables are constants of the operator, one number for each factor. */
export function floatRequantization(
  plan: FloatPlan,
  r: Requantization,
  { constant }: Pick<LoweringBuffers, 'constant'>,
): RequantizationCode {
  const { factors } = plan;
  const scales = constant(
    'scale',
    'f32',
    Float32Array.from(factors, (f) => f.scale),
  );
  const offsets = offsetTable(plan, constant);
  const exceptions = (which: 'lifted' | 'lowered') =>
    factors.every((f) => f[which] === undefined)
      ? undefined
      : // No accumulator without its center is INT32_MIN.
        constant(
          which,
          'i32',
          Int32Array.from(factors, (f) => (f[which] ?? INT32_MIN + f.center) - f.center),
        );
  const [lifted, lowered] = [exceptions('lifted'), exceptions('lowered')];
  const code = new FloatCode(plan, r, { scales, offsets, lifted, lowered });
  return {
    centers: factors.every((f) => f.center === 0) ? undefined : Int32Array.from(factors, (f) => f.center),
    emit: (b, accumulator, channel) => code.emit(b, accumulator, channel),
  };
}

function offsetTable({ kind, table, factors }: FloatPlan, constant: LoweringBuffers['constant']): Buffer | undefined {
  if (kind === 'scaled' || table === undefined) return undefined;
  if (table === 'late')
    return constant(
      'offset',
      'f32',
      Float32Array.from(factors, (f) => f.late),
    );
  return constant(
    'offset',
    'i16',
    Int16Array.from(factors, (f) => f.early / offsetUnits[kind]),
  );
}

interface Tables {
  readonly scales: Buffer;
  readonly offsets: Buffer | undefined;
  readonly lifted: Buffer | undefined;
  readonly lowered: Buffer | undefined;
}

class FloatCode {
  constructor(
    private readonly plan: FloatPlan,
    private readonly r: Requantization,
    private readonly tables: Tables,
  ) {}

  emit(b: LoopBuilder, accumulator: LoopValue, channel: LoopValue): LoopValue {
    const { plan, r, tables } = this;
    const lanes = lanesOf(accumulator.type);
    const integers = loopType('i32', lanes);
    const scale = this.read(b, tables.scales, channel, lanes);
    const early = this.early(b, b.convert(accumulator, loopType('f32', lanes)), channel);
    let y = nearestPlus(b, this.late(b, b.mul(early, scale), scale, channel), plan.middle + r.zero);
    const isException = (table: Buffer) =>
      b.convert(b.compare('eq', accumulator, this.read(b, table, channel, lanes)), integers);
    if (tables.lifted !== undefined) y = b.add(y, isException(tables.lifted));
    if (tables.lowered !== undefined) y = b.sub(y, isException(tables.lowered));
    return b.clamp(y, r.clamp[0], r.clamp[1]);
  }

  /** An accumulator with its offset, if that is added early. */
  private early(b: LoopBuilder, acc: LoopValue, channel: LoopValue): LoopValue {
    const { offsets } = this.tables;
    const { kind, table } = this.plan;
    if (offsets === undefined || table !== 'early' || kind === 'scaled') return acc;
    const units = b.convert(this.read(b, offsets, channel, lanesOf(acc.type)), acc.type);
    return this.add(b, acc, b.mul(units, b.constant(offsetUnits[kind], acc.type)));
  }

  /** A scaled accumulator with its offset, if that is added late. */
  private late(b: LoopBuilder, v: LoopValue, scale: LoopValue, channel: LoopValue): LoopValue {
    const { offsets } = this.tables;
    const { kind, table } = this.plan;
    if (kind === 'scaled' || table === 'early') return v;
    if (offsets !== undefined) return this.add(b, v, this.read(b, offsets, channel, lanesOf(v.type)));
    return this.add(b, v, floatOf(b, b.and(bitsOf(b, scale), exponentMask)));
  }

  private add(b: LoopBuilder, x: LoopValue, offset: LoopValue): LoopValue {
    return this.plan.kind === 'away' ? addAway(b, x, offset) : b.add(x, offset);
  }

  /** The numbers of consecutive channels, or the one for all. */
  private read(b: LoopBuilder, table: Buffer, channel: LoopValue, lanes: number): LoopValue {
    if (table.length > 1) return b.load(table, channel, lanes);
    const one = b.load(table, 0);
    return lanes === 1 ? one : b.splat(one, loopType(table.element === 'f32' ? 'f32' : 'i32', lanes));
  }
}
