// Builds operators that move elements, and leaves out what moves nothing: a reshape to the same shape, a permutation of
// single elements, a slice of everything. What importers compose their formats' operators from.
import type { Builder } from './builder.ts';
import { rule } from './define-op.ts';
import type { Value } from './module.ts';
import { broadcastTo } from './ops/broadcast-to.ts';
import { concat } from './ops/concat.ts';
import { pad } from './ops/pad.ts';
import { reinterpret } from './ops/reinterpret.ts';
import { reshape } from './ops/reshape.ts';
import { slice, takesAll } from './ops/slice.ts';
import { keepsOrder, transpose } from './ops/transpose.ts';
import { elementCount, type Quantization, sameQuantization, sameShape, type TensorType, tensorType } from './types.ts';

/** Builds at one place; the operators that it appends take the hint for the names of their results. */
export class Movement {
  private readonly builder: Builder;
  private readonly name: string | undefined;

  constructor(builder: Builder, name?: string) {
    this.builder = builder;
    this.name = name;
  }

  /** The same elements under another shape of as many. */
  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.type.shape, shape)) return x;
    const type = tensorType(x.type.element, shape, reshapedQuantization(x.type, shape));
    return this.builder.create(reshape, [x], { shape }, type, this.name);
  }

  /** Dimension d of the result is dimension perm[d] of x. */
  transpose(x: Value, perm: readonly number[]): Value {
    const { shape } = x.type;
    const valid = shape.length === perm.length && shape.every((_, d) => perm.includes(d));
    if (!valid || !keepsOrder(shape, perm)) return this.builder.create(transpose, [x], { perm }, undefined, this.name);
    return this.reshape(
      x,
      perm.map((d) => shape[d]!),
    );
  }

  /** size[d] elements of each dimension from start[d] on, step[d] apart. */
  slice(x: Value, start: readonly number[], size: readonly number[], step: readonly number[] = []): Value {
    if (takesAll(x.type.shape, { start, size, step })) return x;
    const steps = step.every((s) => s === 1) ? [] : step;
    return this.builder.create(slice, [x], { start, size, step: steps }, undefined, this.name);
  }

  /** `size` elements of one axis from `start` on. */
  sliceAxis(x: Value, axis: number, start: number, size: number): Value {
    const at = (value: number, others: (n: number) => number) =>
      x.type.shape.map((n, d) => (d === axis ? value : others(n)));
    return this.slice(
      x,
      at(start, () => 0),
      at(size, (n) => n),
    );
  }

  /** A border of `value`, given as stored. */
  pad(x: Value, before: readonly number[], after: readonly number[], value: number): Value {
    const { length } = x.type.shape;
    const none = before.length === length && after.length === length && [...before, ...after].every((n) => n === 0);
    return none ? x : this.builder.create(pad, [x], { before, after, value }, undefined, this.name);
  }

  concat(parts: readonly Value[], axis: number): Value {
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    return this.builder.create(concat, parts, { axis }, undefined, this.name);
  }

  broadcast(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.type.shape, shape)) return x;
    return this.builder.create(broadcastTo, [x], { shape }, undefined, this.name);
  }

  /** The whole tensor repeated: a stretched dimension of 1 ahead of each, folded into it. */
  tile(x: Value, times: readonly number[]): Value {
    const { shape } = x.type;
    rule(times.length === shape.length, `needs a count for each of ${shape.length} dimensions`);
    if (times.every((n) => n === 1)) return x;
    const split = this.reshape(
      x,
      shape.flatMap((n) => [1, n]),
    );
    const stretched = this.broadcast(
      split,
      shape.flatMap((n, d) => [times[d]!, n]),
    );
    return this.reshape(
      stretched,
      shape.map((n, d) => n * times[d]!),
    );
  }

  /** The same stored integers under another quantization. */
  reinterpret(x: Value, quant: Quantization | undefined): Value {
    if (sameQuantization(x.type.quant, quant)) return x;
    const type = tensorType(x.type.element, x.type.shape, quant);
    return this.builder.create(reinterpret, [x], {}, type, this.name);
  }
}

/** A quantization along an axis under another shape: the axis is where as many elements precede as before. */
function reshapedQuantization(x: TensorType, shape: readonly number[]): Quantization | undefined {
  const q = x.quant;
  if (q?.axis === undefined) return q;
  const extent = x.shape[q.axis];
  const ahead = elementCount(x.shape.slice(0, q.axis));
  const axis = shape.findIndex((n, d) => n === extent && elementCount(shape.slice(0, d)) === ahead);
  rule(axis >= 0, 'cannot reshape a tensor across its quantization axis');
  return { ...q, axis };
}
