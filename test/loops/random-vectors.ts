// Random kernels on vectors of all lanes and lengths: any opcode on whatever values are there, in a loop over their
// memory. What a backend does with registers of different widths has to survive them. The same seed gives the same kernel.
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { type Opcode, opcodeRow, opcodes } from '../../ir/loops/opcodes.ts';
import { type Buffer, type Lane, type LoopType, laneOf, lanesOf, loopType } from '../../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import type { ElementType } from '../../ir/types.ts';
import { Random } from '../../src/example/random.ts';
import type { RandomKernel } from './random-kernels.ts';

const elements = ['i8', 'u8', 'i16', 'i32', 'i64', 'f32'] as const;
const lanes: readonly Lane[] = [...elements, 'bool'];
/** Powers of two more often than not. */
const counts = [1, 2, 4, 8, 16, 2, 4, 8, 16, 32, 64, 3, 6];
/** A NaN has no bits of its own that all machines agree on. */
const names = (Object.keys(opcodes) as Opcode[]).filter((name) => name !== 'bitcast');
const widths: Readonly<Record<Lane, number>> = { bool: 1, i8: 8, u8: 8, i16: 16, i32: 32, i64: 64, f32: 32 };

const iterations = 3;
const inputLength = 64 + iterations;
const resultCount = 6;

class Generator {
  private readonly b = new LoopBuilder();
  private readonly random: Random;
  private readonly inputs: readonly Buffer[] = elements.map((element) => ({
    name: `x_${element}`,
    element,
    length: inputLength,
    role: 'in',
  }));
  private readonly outputs: Buffer[] = [];
  private readonly values: LoopValue[] = [];
  private counter: LoopValue | undefined;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  make(name: string): RandomKernel {
    this.b.for(0, iterations, (i) => {
      this.counter = i;
      for (let n = 0; n < 12; n++) this.compute();
      for (const [n, v] of this.values.slice(-resultCount).entries()) this.store(n, v);
    });
    const buffers = [...this.inputs, ...this.outputs];
    const memory = new Map(buffers.map((b) => [b, this.contents(b)] as const));
    return { kernel: this.b.finish(name, 'random vectors', buffers), memory };
  }

  private one<T>(from: readonly T[]): T {
    return from[this.random.integer(from.length)]!;
  }

  private contents({ element, length, role }: Buffer): TensorArray {
    const array = allocateArray(element, length);
    if (role === 'out') return array;
    const word = () => (this.random.next() | 0) >> this.random.integer(32);
    for (let i = 0; i < length; i++) {
      if (array instanceof BigInt64Array) array[i] = (BigInt(word()) << 15n) + BigInt(word());
      else array[i] = element === 'f32' ? this.random.uniform(-300, 300) : word();
    }
    return array;
  }

  /** A value of the type: one that is there, or a new one. */
  private value(type: LoopType): LoopValue {
    const known = this.values.filter((v) => v.type === type);
    return known.length > 0 && this.random.integer(3) > 0 ? this.one(known) : this.fresh(type);
  }

  private fresh(type: LoopType): LoopValue {
    const { b } = this;
    const [lane, count] = [laneOf(type), lanesOf(type)];
    if (lane === 'bool') {
      const compared = loopType(this.one(count === 1 ? ['i32', 'i64', 'f32'] : elements), count);
      return b.compute(this.one(['lt', 'ge', 'ne']), [this.value(compared), this.value(compared)]);
    }
    if (count > 1 && this.random.integer(4) === 0) {
      return b.splat(this.value(lane === 'i64' || lane === 'f32' ? lane : 'i32'), type);
    }
    if (count === 1 && this.random.integer(3) === 0) return this.constant(this.random.integer(99), type);
    return this.load(type);
  }

  private load(type: LoopType): LoopValue {
    const { b } = this;
    const buffer = this.inputs.find(({ element }) => element === laneOf(type))!;
    const at = b.add(this.counter ?? b.constant(0), this.random.integer(2));
    return b.load(buffer, at, lanesOf(type));
  }

  private type(lanesAllowed: readonly Lane[] = lanes): LoopType {
    const count = this.one(counts);
    const scalars: readonly Lane[] = ['bool', 'i32', 'i64', 'f32'];
    return loopType(this.one(count === 1 ? lanesAllowed.filter((l) => scalars.includes(l)) : lanesAllowed), count);
  }

  /** The number in every lane. */
  private constant(value: number, type: LoopType): LoopValue {
    const { b } = this;
    const lane = laneOf(type);
    const scalar = lane === 'i64' ? b.i64(value) : lane === 'f32' ? b.f32(value) : b.constant(value);
    return lanesOf(type) === 1 ? scalar : b.splat(scalar, type);
  }

  /** Numbers from 0 to below `limit`, a power of two: different for each lane, or the same. */
  private below(type: LoopType, limit: number): LoopValue {
    const { b } = this;
    const lane = laneOf(type);
    if (this.random.integer(2) === 0) return b.and(this.value(type), this.constant(limit - 1, type));
    const scalar = lane === 'i64' ? 'i64' : 'i32';
    const same = b.and(this.value(scalar), this.constant(limit - 1, scalar));
    return lanesOf(type) === 1 ? same : b.splat(same, type);
  }

  /** Operands of an opcode, and the type asked for; they may not fit together. */
  private operands(opcode: Opcode): readonly [readonly LoopValue[], LoopType | undefined] {
    const { b } = this;
    const known = this.values.length > 0 && this.random.integer(2) === 0 ? this.one(this.values).type : this.type();
    const count = lanesOf(known);
    switch (opcode) {
      case 'shl':
      case 'shr':
      case 'shr_u':
        if (!elements.some((e) => e !== 'f32' && e === laneOf(known))) return [[], undefined];
        return [[this.value(known), this.below(known, widths[laneOf(known)])], undefined];
      case 'shr_round':
      case 'mul_high': {
        const type = loopType('i32', count);
        return [[this.value(type), opcode === 'mul_high' ? this.value(type) : this.below(type, 32)], undefined];
      }
      case 'requantize': {
        const type = loopType('i32', count);
        const least = this.constant(this.one([-31, -31, -32, -1]), type);
        const limits = [-31, 30].map((limit) => this.constant(limit, type)) as [LoopValue, LoopValue];
        const shift = b.clamp(b.add(this.below(type, 32), least), ...limits);
        const multiplier = this.random.integer(2) === 0 ? this.value(type) : this.constant(1500000000, type);
        return [[this.value(loopType(this.one(['i32', 'i32', 'i64']), count)), multiplier, shift], undefined];
      }
      case 'scale':
        return [[this.value(loopType('i32', count)), this.load(loopType('f32', count))], undefined];
      case 'dot': {
        const all = count * this.one([1, 2, 4, 8]);
        const of = () => this.value(loopType(this.one(['i8', 'u8', 'i16']), Math.min(64, Math.max(2, all))));
        return [[this.value(loopType(this.one(['i32', 'i32', 'i64']), count)), of(), of()], undefined];
      }
      case 'select':
        return [[this.value(loopType('bool', this.one([1, count]))), this.value(known), this.value(known)], undefined];
      case 'convert':
      case 'narrow':
        return [[this.value(known)], loopType(this.one(lanes), count)];
      case 'splat':
        return [[this.value(known)], loopType(laneOf(known), Math.min(64, count * this.one([2, 3, 4])))];
      case 'insert': {
        const lane = laneOf(known);
        const scalar = ['i8', 'u8', 'i16'].includes(lane) ? 'i32' : lane;
        return [[this.value(known), this.value(scalar)], undefined];
      }
      default:
        return [Array.from({ length: opcodeRow(opcode).operands }, () => this.value(known)), undefined];
    }
  }

  /** One instruction, of the first opcode drawn that its operands fit. */
  private compute(): void {
    for (;;) {
      const opcode = this.one(names);
      const [operands, asked] = this.operands(opcode);
      if (operands.length === 0) continue;
      const of = lanesOf(operands[0]!.type);
      const mask = Array.from({ length: this.one([2, 4, 8, 16, 3]) }, () => this.random.integer(2 * of));
      const immediates = {
        lanes: opcode === 'shuffle' ? mask : [this.random.integer(of)],
        rounding: this.one(['double', 'single'] as const),
      };
      const types = operands.map((v) => v.type);
      if (typeof opcodeRow(opcode).type(types, immediates, asked) !== 'string') continue;
      this.values.push(this.b.compute(opcode, operands, immediates, asked));
      return;
    }
  }

  private store(n: number, v: LoopValue): void {
    const { b } = this;
    const [lane, count] = [laneOf(v.type), lanesOf(v.type)];
    const element: ElementType = lane === 'bool' ? 'i32' : lane;
    const stored = lane === 'bool' ? b.convert(v, loopType('i32', count)) : v;
    const y: Buffer = { name: `y${n}`, element, length: count * iterations, role: 'out' };
    this.outputs.push(y);
    b.store(y, b.mul(this.counter ?? b.constant(0), count), stored);
  }
}

/** A kernel of random instructions, and the memory that it starts from. */
export function randomVectorKernel(seed: number): RandomKernel {
  return new Generator(seed).make(`vectors${seed}`);
}
