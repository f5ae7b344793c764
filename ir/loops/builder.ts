// Builds kernels. Folds constants and index arithmetic while building, so that lowerings can be written plainly and
// the printed loops still read as if written by hand.
import { internalError } from '../diagnostics.ts';
import type { Block, Instruction, Kernel, LoopMode, LoopValue } from './kernel.ts';
import { type Immediates, type LaneValue, type Opcode, opcodeRow, wrapLane } from './opcodes.ts';
import { type Buffer, type LoopType, laneOf, laneOfElement, lanesOf, loadedType } from './types.ts';

/** A value, or a number that becomes a constant of the type that its place needs. */
export type Operand = LoopValue | number;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The constant that a value holds, if it is one. */
export function constantValue(v: LoopValue): LaneValue | undefined {
  return v.definition?.kind === 'const' ? v.definition.value : undefined;
}

export class LoopBuilder {
  private body: Instruction[] = [];
  private readonly constants = new Map<string, LoopValue>();
  /** Constants are defined once, ahead of everything else in the kernel. */
  private readonly prologue: Instruction[] = [];

  /** A constant of a scalar type: i32 unless said otherwise. */
  constant(value: LaneValue, type: LoopType = 'i32'): LoopValue {
    const lane = laneOf(type);
    const wrapped = wrapLane(lane, value);
    const key = `${type} ${Object.is(wrapped, -0) ? '-0' : wrapped}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    if (lanesOf(type) > 1) return this.compute('splat', [this.constant(value, lane)], {}, type);
    const result: Mutable<LoopValue> = { type };
    const instruction: Instruction = { kind: 'const', value: wrapped, result };
    result.definition = instruction;
    this.prologue.push(instruction);
    this.constants.set(key, result);
    return result;
  }

  f32(value: number): LoopValue {
    return this.constant(value, 'f32');
  }

  i64(value: bigint | number): LoopValue {
    return this.constant(BigInt(value), 'i64');
  }

  bool(value: boolean): LoopValue {
    return this.constant(value ? 1 : 0, 'bool');
  }

  /** The operand as a value: numbers become constants of `type`. */
  private operand(x: Operand, type: LoopType): LoopValue {
    if (typeof x !== 'number') return x;
    return this.constant(laneOf(type) === 'i64' ? BigInt(x) : x, type);
  }

  /** Appends an instruction of the opcode table, or folds it when every operand is a scalar constant. */
  compute(opcode: Opcode, operands: readonly LoopValue[], immediates: Immediates = {}, asked?: LoopType): LoopValue {
    const row = opcodeRow(opcode);
    const types = operands.map((o) => o.type);
    const type = row.type(types, immediates, asked);
    if (typeof type !== 'string') return internalError(`${opcode} ${type.problem}`);
    const values = operands.map(constantValue);
    if (lanesOf(type) === 1 && values.every((v) => v !== undefined)) {
      const lanes = row.evaluate(
        values.map((v) => [v!]),
        types,
        type,
        immediates,
      );
      return this.constant(lanes[0]!, type);
    }
    const result: Mutable<LoopValue> = { type };
    const instruction: Instruction = { kind: 'compute', opcode, operands, immediates, result };
    result.definition = instruction;
    this.body.push(instruction);
    return result;
  }

  private binary(opcode: Opcode, a: Operand, b: Operand): LoopValue {
    const type = typeof a !== 'number' ? a.type : typeof b !== 'number' ? b.type : 'i32';
    return this.compute(opcode, [this.operand(a, type), this.operand(b, type)]);
  }

  /** True when the operand is this integer constant; floats are left alone (x + 0.0 is not x for -0). */
  private is(x: Operand, value: number): boolean {
    if (typeof x === 'number') return x === value;
    const c = constantValue(x);
    return c !== undefined && laneOf(x.type) !== 'f32' && Number(c) === value;
  }

  add(a: Operand, b: Operand): LoopValue {
    if (typeof a !== 'number' && this.is(b, 0) && laneOf(a.type) !== 'f32') return a;
    if (typeof b !== 'number' && this.is(a, 0) && laneOf(b.type) !== 'f32') return b;
    return this.plusConstant(a, b) ?? this.plusConstant(b, a) ?? this.binary('add', a, b);
  }

  /** x + c for an i32 x and a constant; where x is itself such a sum, the two become one: i32 wraps around. */
  private plusConstant(x: Operand, c: Operand): LoopValue | undefined {
    const amount = this.integer(c);
    if (typeof x === 'number' || x.type !== 'i32' || amount === undefined) return undefined;
    const inner = x.definition;
    if (inner?.kind === 'compute') {
      const [first, second] = inner.operands.map((o) => this.integer(o));
      if (inner.opcode === 'add' && second !== undefined) return this.add(inner.operands[0]!, second + amount);
      if (inner.opcode === 'sub' && first !== undefined) return this.sub(first + amount, inner.operands[1]!);
    }
    return this.binary('add', x, amount);
  }

  /** The number of an i32 constant. */
  private integer(x: Operand): number | undefined {
    if (typeof x === 'number') return x;
    const c = constantValue(x);
    return c === undefined || x.type !== 'i32' ? undefined : Number(c);
  }

  sub(a: Operand, b: Operand): LoopValue {
    // x - (+0) is x also for -0.
    const isZero = this.is(b, 0) || Object.is(typeof b === 'number' ? b : constantValue(b), 0);
    if (typeof a !== 'number' && isZero) return a;
    const [from, amount] = [this.integer(a), this.integer(b)];
    if (typeof a !== 'number' && a.type === 'i32' && amount !== undefined) return this.add(a, -amount);
    if (typeof b !== 'number' && b.type === 'i32' && from !== undefined) {
      const inner = b.definition;
      const more = inner?.kind === 'compute' && inner.opcode === 'add' ? this.integer(inner.operands[1]!) : undefined;
      if (more !== undefined && inner?.kind === 'compute') return this.sub(from - more, inner.operands[0]!);
      if (from === 0) return this.unary('neg', b);
    }
    return this.binary('sub', a, b);
  }

  mul(a: Operand, b: Operand): LoopValue {
    if (typeof a !== 'number' && laneOf(a.type) !== 'f32') {
      if (this.is(b, 1)) return a;
      if (this.is(b, 0)) return this.constant(laneOf(a.type) === 'i64' ? 0n : 0, a.type);
    }
    if (typeof b !== 'number' && laneOf(b.type) !== 'f32') {
      if (this.is(a, 1)) return b;
      if (this.is(a, 0)) return this.constant(laneOf(b.type) === 'i64' ? 0n : 0, b.type);
    }
    return this.binary('mul', a, b);
  }

  div(a: Operand, b: Operand): LoopValue {
    return typeof a !== 'number' && laneOf(a.type) !== 'f32' && this.is(b, 1) ? a : this.binary('div', a, b);
  }

  rem(a: Operand, b: Operand): LoopValue {
    return this.is(b, 1) ? this.constant(0) : this.binary('rem', a, b);
  }

  min(a: Operand, b: Operand): LoopValue {
    return this.binary('min', a, b);
  }

  max(a: Operand, b: Operand): LoopValue {
    return this.binary('max', a, b);
  }

  and(a: Operand, b: Operand): LoopValue {
    return this.binary('and', a, b);
  }

  or(a: Operand, b: Operand): LoopValue {
    return this.binary('or', a, b);
  }

  xor(a: Operand, b: Operand): LoopValue {
    return this.binary('xor', a, b);
  }

  shl(a: Operand, b: Operand): LoopValue {
    return typeof a !== 'number' && this.is(b, 0) ? a : this.binary('shl', a, b);
  }

  shr(a: Operand, b: Operand): LoopValue {
    return typeof a !== 'number' && this.is(b, 0) ? a : this.binary('shr', a, b);
  }

  compare(opcode: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge', a: Operand, b: Operand): LoopValue {
    return this.binary(opcode, a, b);
  }

  unary(opcode: 'abs' | 'neg' | 'not' | 'sqrt' | 'floor' | 'ceil' | 'trunc' | 'nearest', a: LoopValue): LoopValue {
    return this.compute(opcode, [a]);
  }

  /** Both sides are evaluated; use {@link ifElse} where one must not be. */
  select(condition: LoopValue, a: Operand, b: Operand): LoopValue {
    const type = typeof a !== 'number' ? a.type : typeof b !== 'number' ? b.type : 'i32';
    return this.compute('select', [condition, this.operand(a, type), this.operand(b, type)]);
  }

  /** x limited to [low, high]; a limit that the type cannot pass is left out. */
  clamp(x: LoopValue, low: Operand, high: Operand): LoopValue {
    const isLimit = (limit: Operand, edge: number) => this.is(limit, edge) && laneOf(x.type) === 'i32';
    const raised = isLimit(low, -2147483648) ? x : this.max(x, low);
    return isLimit(high, 2147483647) ? raised : this.min(raised, high);
  }

  convert(x: LoopValue, type: LoopType): LoopValue {
    return x.type === type ? x : this.compute('convert', [x], {}, type);
  }

  narrow(x: LoopValue, type: LoopType): LoopValue {
    return x.type === type ? x : this.compute('narrow', [x], {}, type);
  }

  splat(x: LoopValue, type: LoopType): LoopValue {
    return x.type === type ? x : this.compute('splat', [x], {}, type);
  }

  /** multiplier and shift per numerics' `double` or `single`; the accumulator is i32 or i64. */
  requantize(acc: LoopValue, multiplier: Operand, shift: Operand, rounding: 'double' | 'single'): LoopValue {
    const type = lanesOf(acc.type) === 1 ? 'i32' : `i32x${lanesOf(acc.type)}`;
    return this.compute('requantize', [acc, this.operand(multiplier, type), this.operand(shift, type)], { rounding });
  }

  /** Reads one element, or as many as `lanes` says. Small integers widen to i32 in a scalar load. */
  load(buffer: Buffer, index: Operand, lanes = 1, align?: number): LoopValue {
    const type = lanes === 1 ? loadedType(buffer.element) : `${laneOfElement(buffer.element)}x${lanes}`;
    const result: Mutable<LoopValue> = { type };
    const instruction: Instruction = {
      kind: 'load',
      buffer,
      index: this.operand(index, 'i32'),
      align: align ?? 1,
      result,
    };
    result.definition = instruction;
    this.body.push(instruction);
    return result;
  }

  store(buffer: Buffer, index: Operand, value: Operand, align?: number): void {
    const stored = this.operand(value, loadedType(buffer.element));
    this.body.push({ kind: 'store', buffer, index: this.operand(index, 'i32'), value: stored, align: align ?? 1 });
  }

  /** Runs `build` with an empty body and returns what it appended. */
  private block(args: readonly LoopValue[], build: () => readonly LoopValue[]): Block {
    const outer = this.body;
    this.body = [];
    const results = build();
    const block = { args, body: this.body, results };
    this.body = outer;
    return block;
  }

  /** for (i = lower; i < upper; i += step) without carried values. A loop of one known iteration is not a loop. */
  for(lower: Operand, upper: Operand, build: (i: LoopValue) => void, options: LoopOptions = {}): void {
    this.forCarry(
      lower,
      upper,
      [],
      (i) => {
        build(i);
        return [];
      },
      options,
    );
  }

  /** The same with carried values: `build` returns the next ones; the last ones are returned. */
  forCarry(
    lower: Operand,
    upper: Operand,
    inits: readonly LoopValue[],
    build: (i: LoopValue, carried: readonly LoopValue[]) => readonly LoopValue[],
    options: LoopOptions = {},
  ): readonly LoopValue[] {
    const from = this.operand(lower, 'i32');
    const to = this.operand(upper, 'i32');
    const step = options.step ?? 1;
    const a = constantValue(from);
    const z = constantValue(to);
    if (a !== undefined && z !== undefined) {
      if (Number(a) >= Number(z)) return inits;
      if (Number(a) + step >= Number(z)) return build(from, inits);
    }
    const counter: LoopValue = { type: 'i32', name: options.name };
    const carried = inits.map((v, i): LoopValue => ({ type: v.type, name: options.carry?.[i] ?? v.name }));
    const block = this.block([counter, ...carried], () => build(counter, carried));
    const results = inits.map((v, i): Mutable<LoopValue> => ({ type: v.type, name: options.carry?.[i] ?? v.name }));
    const instruction: Instruction = {
      kind: 'for',
      mode: options.mode ?? 'serial',
      lower: from,
      upper: to,
      step,
      inits,
      block,
      results,
    };
    for (const r of results) r.definition = instruction;
    this.body.push(instruction);
    return results;
  }

  if(condition: LoopValue, build: () => void): void {
    this.ifElse(condition, () => {
      build();
      return [];
    });
  }

  /** Values from one of two branches; without `otherwise` there are no values. */
  ifElse(
    condition: LoopValue,
    then: () => readonly LoopValue[],
    otherwise: () => readonly LoopValue[] = () => [],
  ): readonly LoopValue[] {
    const known = constantValue(condition);
    if (known !== undefined) return known ? then() : otherwise();
    const a = this.block([], then);
    const b = this.block([], otherwise);
    const results = a.results.map((v): Mutable<LoopValue> => ({ type: v.type, name: v.name }));
    const instruction: Instruction = { kind: 'if', condition, consequent: a, alternate: b, results };
    for (const r of results) r.definition = instruction;
    this.body.push(instruction);
    return results;
  }

  /** sum of index[d] * stride[d] for row-major `shape`. */
  flatten(shape: readonly number[], index: readonly Operand[]): LoopValue {
    let flat: LoopValue = this.constant(0);
    for (let d = 0; d < shape.length; d++) flat = this.add(this.mul(flat, shape[d]!), index[d]!);
    return flat;
  }

  /** Ends the kernel. */
  finish(name: string, comment: string, buffers: readonly Buffer[], scalars: readonly LoopValue[] = []): Kernel {
    return { name, comment, buffers, scalars, body: { args: [], body: [...this.prologue, ...this.body], results: [] } };
  }
}

export interface LoopOptions {
  mode?: LoopMode;
  step?: number;
  name?: string;
  /** Names for the carried values. */
  carry?: readonly string[];
}
