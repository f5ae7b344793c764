// The sliding window of convolutions and pools in any number of dimensions: extents, steps and padding out of a node's
// attributes. Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (Conv, MaxPool, AveragePool).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { slice } from '../../../../ir/ops/slice.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import type { NodeContext } from '../node-context.ts';

/** One entry per spatial dimension. */
export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Positions added before and behind; `extra` more behind, which ceil_mode makes and which never count. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly extra: readonly number[];
  /** Positions of the window. */
  readonly count: readonly number[];
}

/** The largest extent, step or padding that a window takes: keeps products inside of what numbers hold exactly. */
const limit = 2 ** 28;

/** The window that a node's attributes describe over these spatial extents. */
export function windowOf(op: NodeContext, extents: readonly number[], kernel: readonly number[]): Window {
  const rank = extents.length;
  const list = (name: string, fallback: number) => {
    const given = op.ints(name) ?? new Array<number>(rank).fill(fallback);
    rule(given.length === rank, () => `needs ${rank} ${name}, got ${given.length}`);
    return given;
  };
  const [stride, dilation] = [list('strides', 1), list('dilations', 1)];
  rule(kernel.length === rank, () => `needs a window of ${rank} dimensions, got ${kernel.length}`);
  rule(
    [...kernel, ...stride, ...dilation].every((n) => n >= 1 && n <= limit),
    'has a window, step or distance below 1',
  );
  const reach = kernel.map((k, d) => (k - 1) * dilation[d]! + 1);
  const { before, after } = padding(op, extents, reach, stride);
  rule(
    [...before, ...after].every((n) => n >= 0 && n <= limit),
    'has a negative padding',
  );
  const ceil = op.flag('ceil_mode');
  const extra: number[] = [];
  const count = extents.map((extent, d) => {
    const [step, space] = [stride[d]!, extent + before[d]! + after[d]! - reach[d]!];
    let n = Math.floor(space / step) + 1;
    // A window that would begin behind the input and its front padding is left out.
    if (ceil && space % step !== 0 && n * step < extent + before[d]!) n++;
    extra.push(Math.max(0, (n - 1) * step - space));
    return Math.max(0, n);
  });
  return { kernel, stride, dilation, before, after, extra, count };
}

function padding(op: NodeContext, extents: readonly number[], reach: readonly number[], stride: readonly number[]) {
  const rank = extents.length;
  const auto = op.string('auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const total = extents.map((extent, d) =>
      Math.max(0, (Math.ceil(extent / stride[d]!) - 1) * stride[d]! + reach[d]! - extent),
    );
    const [less, more] = [total.map((n) => Math.floor(n / 2)), total.map((n) => Math.ceil(n / 2))];
    return auto === 'SAME_UPPER' ? { before: less, after: more } : { before: more, after: less };
  }
  if (auto !== 'NOTSET' && auto !== 'VALID') return op.unsupported(`auto_pad is ${JSON.stringify(auto.slice(0, 40))}.`);
  const pads = (auto === 'NOTSET' ? op.ints('pads') : undefined) ?? new Array<number>(2 * rank).fill(0);
  rule(pads.length === 2 * rank, () => `needs ${2 * rank} pads, got ${pads.length}`);
  return { before: pads.slice(0, rank), after: pads.slice(rank) };
}

/** n x channels x height x width as n x height x width x channels. */
export const channelsLast = (op: NodeContext, x: Value): Value => op.emit(transpose, [x], { perm: [0, 2, 3, 1] });

/** The way back. */
export const channelsFirst = (op: NodeContext, x: Value): Value => op.emit(transpose, [x], { perm: [0, 3, 1, 2] });

/** What the window sees of x (n x channels x ...) through one of its taps: one element per position. */
export interface Tap {
  /** Place inside of the window. */
  readonly at: readonly number[];
  readonly values: Value;
}

/** More windows than networks have; each tap is an operator of its own. */
const maxTaps = 4096;

/** All taps of a window over x, whose border is filled with `border`. For windows that no operator of the IR has. */
export function tapsOf(op: NodeContext, x: Value, window: Window, border: number): Tap[] {
  const { kernel, stride, dilation, before, after, extra, count } = window;
  const total = kernel.reduce((n, k) => n * k, 1);
  rule(total <= maxTaps, () => `has a window of ${total} elements`);
  const behind = after.map((n, d) => n + extra[d]!);
  const bordered = op.emit(pad, [x], { before: [0, 0, ...before], after: [0, 0, ...behind], value: border });
  const size = [...x.type.shape.slice(0, 2), ...count];
  return Array.from({ length: total }, (_, i) => {
    const at: number[] = [];
    let rest = i;
    for (const extent of kernel.toReversed()) {
      at.unshift(rest % extent);
      rest = Math.floor(rest / extent);
    }
    const start = [0, 0, ...at.map((k, d) => k * dilation[d]!)];
    return { at, values: op.emit(slice, [bordered], { start, size, step: [1, 1, ...stride] }) };
  });
}
