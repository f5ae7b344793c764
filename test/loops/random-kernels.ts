// Random kernels: loops in loops, conditionals, carried values that trade places, loads and stores in between. What
// backends decide about locals, expressions and variables has to survive them. The same seed gives the same kernel.
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Kernel, LoopValue } from '../../ir/loops/kernel.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import { type Buffer, type LoopType, lanesOf, loopType } from '../../ir/loops/types.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { Random } from '../../src/example/random.ts';

export interface RandomKernel {
  readonly kernel: Kernel;
  /** The memory that it starts from. */
  readonly memory: ReadonlyMap<Buffer, TensorArray>;
}

/** Indices are taken below this; buffers are longer by the widest vector. */
const indexLimit = 16;
const length = indexLimit + 4;

const types: readonly LoopType[] = ['i32', 'i64', 'f32', 'bool', 'i32x4'];
const operations: Readonly<Record<string, readonly Opcode[]>> = {
  i32: ['add', 'sub', 'mul', 'div', 'rem', 'min', 'max', 'and', 'or', 'xor', 'mul_high'],
  i64: ['add', 'sub', 'mul', 'div', 'rem', 'min', 'max', 'and', 'xor'],
  f32: ['add', 'sub', 'mul', 'div', 'min', 'max'],
  bool: ['and', 'or', 'xor'],
  i32x4: ['add', 'sub', 'mul', 'min', 'max', 'xor'],
};

class Generator {
  private readonly b = new LoopBuilder();
  private readonly random: Random;
  private readonly buffers: readonly Buffer[] = [
    { name: 'x', element: 'i32', length, role: 'inout' },
    { name: 'w', element: 'i8', length, role: 'in' },
    { name: 'l', element: 'i64', length, role: 'inout' },
    { name: 'r', element: 'f32', length, role: 'inout' },
    { name: 'y', element: 'i16', length, role: 'out' },
  ];
  /** Values that may be used where the generator stands. */
  private scope: LoopValue[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  make(name: string): RandomKernel {
    this.statements(3, 8);
    for (const v of this.scope.slice(-3)) this.store(v);
    const memory = new Map(this.buffers.map((buffer) => [buffer, this.contents(buffer)] as const));
    return { kernel: this.b.finish(name, 'random', this.buffers), memory };
  }

  private contents(buffer: Buffer): TensorArray {
    const small = () => this.random.integer(41) - 20;
    const word = () => (this.random.integer(2) === 0 ? small() : this.random.next() | 0);
    switch (buffer.element) {
      case 'i64':
        return BigInt64Array.from({ length }, () => BigInt(word()) * BigInt(word()));
      case 'f32':
        return Float32Array.from({ length }, () => small() / 8);
      case 'i8':
        return Int8Array.from({ length }, word);
      case 'i16':
        return new Int16Array(length);
      default:
        return Int32Array.from({ length }, word);
    }
  }

  /** A value of the type: one in scope where there is one, otherwise a new one. */
  private value(type: LoopType): LoopValue {
    const known = this.scope.filter((v) => v.type === type);
    if (known.length > 0 && this.random.integer(5) > 0) {
      // Late values more often than early ones.
      const back = Math.min(this.random.integer(known.length), this.random.integer(known.length));
      return known[known.length - 1 - back]!;
    }
    return this.fresh(type);
  }

  private fresh(type: LoopType): LoopValue {
    const { b, random } = this;
    switch (type) {
      case 'i64':
        return random.integer(2) === 0 ? b.load(this.buffer('l'), this.index()) : b.convert(this.value('i32'), 'i64');
      case 'f32':
        return random.integer(3) === 0 ? b.f32(random.integer(9) - 4) : b.load(this.buffer('r'), this.index());
      case 'bool':
        return b.compare(random.integer(2) === 0 ? 'lt' : 'ne', this.value('i32'), this.value('i32'));
      case 'i32x4':
        return random.integer(2) === 0
          ? b.load(this.buffer('x'), this.index(), 4)
          : b.splat(this.value('i32'), 'i32x4');
      default:
        if (random.integer(4) === 0) return b.constant(random.integer(21) - 10);
        return b.load(this.buffer(random.integer(2) === 0 ? 'x' : 'w'), this.index());
    }
  }

  private buffer(name: string): Buffer {
    return this.buffers.find((buffer) => buffer.name === name)!;
  }

  private index(): LoopValue {
    const known = this.scope.filter((v) => v.type === 'i32');
    if (known.length === 0) return this.b.constant(this.random.integer(indexLimit));
    return this.b.and(known[this.random.integer(known.length)]!, indexLimit - 1);
  }

  private compute(): void {
    const { b, random } = this;
    const type = types[random.integer(types.length)]!;
    const known = operations[type]!;
    const a = this.value(type);
    const choice = random.integer(known.length + 2);
    if (choice < known.length) this.scope.push(b.compute(known[choice]!, [a, this.value(type)]));
    else if (choice === known.length) this.scope.push(b.select(this.value('bool'), a, this.value(type)));
    else if (type === 'i32x4') this.scope.push(b.compute('extract', [a], { lanes: [random.integer(4)] }));
    else if (type === 'i32') this.scope.push(b.requantize(a, 1500000000, random.integer(20) - 15, 'double'));
    else if (type !== 'f32') this.scope.push(b.convert(a, 'i32'));
    else this.scope.push(b.convert(b.clamp(a, -1000, 1000), 'i32'));
  }

  private store(v: LoopValue): void {
    const { b } = this;
    if (v.type === 'i64') b.store(this.buffer('l'), this.index(), v);
    else if (v.type === 'f32') b.store(this.buffer('r'), this.index(), v);
    else if (v.type === 'bool') b.store(this.buffer('y'), this.index(), b.convert(v, 'i32'));
    else b.store(this.buffer(lanesOf(v.type) === 1 && this.random.integer(2) === 0 ? 'y' : 'x'), this.index(), v);
  }

  private statements(depth: number, most: number): void {
    const count = 2 + this.random.integer(most - 1);
    for (let i = 0; i < count; i++) {
      const kind = this.random.integer(depth > 0 ? 7 : 5);
      if (kind < 4) this.compute();
      else if (kind === 4) this.store(this.value(types[this.random.integer(types.length)]!));
      else if (kind === 5) this.loop(depth - 1);
      else this.conditional(depth - 1);
    }
  }

  /** Generates inside of a block; its values are forgotten after it. */
  private inside<T>(make: () => T): T {
    const scope = this.scope;
    this.scope = [...scope];
    const made = make();
    this.scope = scope;
    return made;
  }

  private loop(depth: number): void {
    const { b, random } = this;
    const inits = Array.from({ length: random.integer(4) }, () => this.value(types[random.integer(types.length)]!));
    const upper = random.integer(2) === 0 ? random.integer(4) : b.and(this.value('i32'), 3);
    const mode = random.integer(3) === 0 ? 'unrolled' : 'serial';
    const options = { mode, step: 1 + random.integer(2), carry: inits.map(() => 'acc') } as const;
    const results = b.forCarry(
      random.integer(2),
      upper,
      inits,
      (i, carried) =>
        this.inside(() => {
          this.scope.push(i, ...carried);
          this.statements(depth, 5);
          return carried.map((c) => this.value(c.type));
        }),
      options,
    );
    this.scope.push(...results);
  }

  private conditional(depth: number): void {
    const wanted = Array.from({ length: this.random.integer(3) }, () => types[this.random.integer(types.length)]!);
    const branch = () =>
      this.inside(() => {
        this.statements(depth, 4);
        return wanted.map((type) => this.value(type));
      });
    this.scope.push(...this.b.ifElse(this.value(loopType('bool')), branch, branch));
  }
}

export function randomKernel(seed: number): RandomKernel {
  return new Generator(seed).make(`random${seed}`);
}
