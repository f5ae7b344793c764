// Seeded random maps of what operators' maps are made of: elements at unit stride or the same for a row, narrow integers
// and floats, sums over windows, conditions, results in any element type.
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Kernel, LoopValue } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import { type ElementType, integerRange } from '../../ir/types.ts';
import { randomInteger } from '../ops/operator-runs.ts';

export interface RandomMap {
  readonly kernel: Kernel;
  readonly memory: ReadonlyMap<Buffer, TensorArray>;
}

const elements: readonly ElementType[] = ['i8', 'i8', 'u8', 'i16', 'i32', 'f32'];

export function randomMap(random: () => number): RandomMap {
  return new MapMaker(random).make();
}

class MapMaker {
  private readonly b = new LoopBuilder();
  private readonly memory = new Map<Buffer, TensorArray>();
  /** Values that an expression may use. */
  private scope: LoopValue[] = [];

  constructor(private readonly random: () => number) {}

  private upTo(high: number): number {
    return randomInteger(this.random, 1, high);
  }

  private pick<T>(values: readonly T[]): T {
    return values[randomInteger(this.random, 0, values.length - 1)]!;
  }

  make(): RandomMap {
    const { b } = this;
    const rows = this.upTo(3);
    const columns = this.pick([1, 3, 4, 7, 8, 13, 16, 19, 24, 37, 48]);
    const y = this.buffer('y', 'out', this.pick(elements), rows * columns);
    b.for(
      0,
      rows,
      (i) =>
        b.for(
          0,
          columns,
          (j) => {
            this.scope = [];
            for (let n = this.upTo(3); n > 0; n--) this.scope.push(this.input(i, j, rows, columns));
            for (let n = this.upTo(6); n > 0; n--) this.scope.push(this.step());
            b.store(y, b.add(b.mul(i, columns), j), this.as(this.scope.at(-1)!, y.element === 'f32' ? 'f32' : 'i32'));
          },
          { mode: 'parallel', name: 'j' },
        ),
      { mode: 'parallel', name: 'i' },
    );
    return { kernel: b.finish('map', '', [...this.memory.keys()]), memory: this.memory };
  }

  private buffer(name: string, role: Buffer['role'], element: ElementType, length: number): Buffer {
    const buffer: Buffer = { name: `${name}${this.memory.size}`, role, element, length };
    const data = allocateArray(element, length) as Int32Array;
    const { min, max } = element === 'f32' ? { min: -1000, max: 1000 } : integerRange(element);
    for (let i = 0; i < length; i++) data[i] = randomInteger(this.random, min, max) / (element === 'f32' ? 8 : 1);
    this.memory.set(buffer, data);
    return buffer;
  }

  /** An element of the map's own place, of its column, of its row, or a window's sum or greatest. */
  private input(i: LoopValue, j: LoopValue, rows: number, columns: number): LoopValue {
    const { b } = this;
    const element = this.pick(elements);
    const role = this.pick(['in', 'const'] as const);
    switch (this.upTo(5)) {
      case 1:
        return b.load(this.buffer('row', role, element, rows), i);
      case 2:
        return b.load(this.buffer('column', role, element, columns), j);
      case 3: {
        const size = this.upTo(5);
        const x = this.buffer('window', role, element, (rows + size) * columns);
        const zero = element === 'f32' ? b.f32(0) : b.constant(0);
        const max = this.random() < 0.4;
        const take = (k: LoopValue, [acc]: readonly LoopValue[]) => {
          const v = b.load(x, b.add(b.mul(b.add(i, k), columns), j));
          return [max ? b.max(acc!, v) : b.add(acc!, v)];
        };
        return b.forCarry(0, size, [zero], take, { name: 'k' })[0]!;
      }
      default:
        return b.load(this.buffer('x', role, element, rows * columns), b.add(b.mul(i, columns), j));
    }
  }

  private as(x: LoopValue, type: string): LoopValue {
    return x.type === type ? x : this.b.convert(x, type);
  }

  private value(type: 'i32' | 'f32'): LoopValue {
    const { b } = this;
    if (this.random() < 0.3) {
      const n = randomInteger(this.random, -200, 200);
      return type === 'f32' ? b.f32(n / 4) : b.constant(n);
    }
    return this.as(this.pick(this.scope), type);
  }

  private step(): LoopValue {
    const { b } = this;
    if (this.random() < 0.25) return this.floatStep();
    const [x, y] = [this.value('i32'), this.value('i32')];
    switch (this.upTo(9)) {
      case 1:
        return b.compute(this.pick(['add', 'sub', 'mul', 'min', 'max'] as const), [x, y]);
      case 2:
        return b.compute(this.pick(['and', 'or', 'xor', 'mul_high'] as const), [x, y]);
      case 3:
        return b.clamp(x, -this.upTo(200), this.upTo(200));
      case 4:
        return b.compute(this.pick(['shl', 'shr', 'shr_u', 'shr_round'] as const), [x, b.constant(this.upTo(20))]);
      case 5:
        return b.select(b.compare(this.pick(['lt', 'ge', 'eq'] as const), x, y), x, this.value('i32'));
      case 6:
        return b.requantize(
          x,
          2 ** 30 + this.upTo(2 ** 30 - 1),
          -this.upTo(20),
          this.pick(['double', 'single'] as const),
        );
      case 7:
        // A mean: exact in f32 where the dividend is small.
        return b.div(this.random() < 0.5 ? b.clamp(x, -30000, 30000) : x, this.upTo(40));
      case 8: {
        const condition = b.compare('lt', b.load(this.buffer('flag', 'in', 'i8', 1), 0), 0);
        return b.ifElse(
          condition,
          () => [b.add(x, 3)],
          () => [y],
        )[0]!;
      }
      default:
        return b.unary(this.pick(['abs', 'neg'] as const), x);
    }
  }

  private floatStep(): LoopValue {
    const { b } = this;
    const [x, y] = [this.value('f32'), this.value('f32')];
    if (this.random() < 0.3) return b.unary(this.pick(['abs', 'neg', 'floor', 'nearest'] as const), x);
    if (this.random() < 0.3) return b.select(b.compare('lt', x, y), y, x);
    return b.compute(this.pick(['add', 'sub', 'mul', 'min', 'max'] as const), [x, y]);
  }
}
