// Rows of operators that put elements in another order: transposition, and blocks of pixels that become channels or
// batches, which are reshapes around a transposition.
import { rule } from '../../../../ir/define-op.ts';
import { elementCount } from '../../../../ir/types.ts';
import { asOutput, movement, storedZero } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

export const rearrangingRows: Rows = {
  TRANSPOSE(op) {
    return asOutput(op, movement(op).transpose(op.input(0), op.ints(1, 'permutation')));
  },
  // Source: TensorFlow Lite reference/space_to_depth.h: channels of a block follow each other row by row.
  SPACE_TO_DEPTH(op) {
    const x = op.input(0);
    const [n, height, width, channels] = imageShape(op, x.type.shape);
    const block = blockSize(op, op.options('SpaceToDepthOptions').blockSize);
    rule(height % block === 0 && width % block === 0, `cannot cut ${height} x ${width} into blocks of ${block}`);
    const build = movement(op);
    const cut = build.reshape(x, [n, height / block, block, width / block, block, channels]);
    const gathered = build.transpose(cut, [0, 1, 3, 2, 4, 5]);
    return asOutput(op, build.reshape(gathered, [n, height / block, width / block, block * block * channels]));
  },
  DEPTH_TO_SPACE(op) {
    const x = op.input(0);
    const [n, height, width, channels] = imageShape(op, x.type.shape);
    const block = blockSize(op, op.options('DepthToSpaceOptions').blockSize);
    const depth = channels / (block * block);
    rule(Number.isInteger(depth), `cannot cut ${channels} channels into blocks of ${block}`);
    const build = movement(op);
    const cut = build.reshape(x, [n, height, width, block, block, depth]);
    const spread = build.transpose(cut, [0, 1, 3, 2, 4, 5]);
    return asOutput(op, build.reshape(spread, [n, height * block, width * block, depth]));
  },
  // Source: TensorFlow Lite reference/space_to_batch_nd.h: places in the block count ahead of the batch.
  SPACE_TO_BATCH_ND(op) {
    const { x, blocks, edges } = spaceOperands(op, 'paddings');
    const build = movement(op);
    const whole = build.pad(x, edges.before, edges.after, storedZero(op));
    const [n, ...rest] = whole.type.shape as [number, ...number[]];
    const space = rest.slice(0, blocks.length);
    const inner = rest.slice(blocks.length);
    const fits = space.every((extent, d) => extent % blocks[d]! === 0);
    rule(fits, `cannot cut [${space.join(', ')}] into blocks of [${blocks.join(', ')}]`);
    const coarse = space.map((extent, d) => extent / blocks[d]!);
    const cut = build.reshape(whole, [n, ...coarse.flatMap((extent, d) => [extent, blocks[d]!]), ...inner]);
    const gathered = build.transpose(cut, [
      ...blocks.map((_, d) => 2 + 2 * d),
      0,
      ...blocks.map((_, d) => 1 + 2 * d),
      ...inner.map((_, d) => 1 + 2 * blocks.length + d),
    ]);
    return asOutput(op, build.reshape(gathered, [n * elementCount(blocks), ...coarse, ...inner]));
  },
  BATCH_TO_SPACE_ND(op) {
    const { x, blocks, edges } = spaceOperands(op, 'crops');
    const [batches, ...rest] = x.type.shape as [number, ...number[]];
    const coarse = rest.slice(0, blocks.length);
    const inner = rest.slice(blocks.length);
    const n = batches / elementCount(blocks);
    rule(Number.isInteger(n), `cannot make blocks of [${blocks.join(', ')}] from ${batches} batches`);
    const build = movement(op);
    const cut = build.reshape(x, [...blocks, n, ...rest]);
    const spread = build.transpose(cut, [
      blocks.length,
      ...blocks.flatMap((_, d) => [blocks.length + 1 + d, d]),
      ...inner.map((_, d) => 2 * blocks.length + 1 + d),
    ]);
    const whole = build.reshape(spread, [n, ...coarse.map((extent, d) => extent * blocks[d]!), ...inner]);
    const size = whole.type.shape.map((extent, d) => extent - edges.before[d]! - edges.after[d]!);
    return asOutput(op, build.slice(whole, edges.before, size));
  },
};

/** Input, block sizes of its spatial dimensions, and what is added or cut on both sides of every dimension. */
function spaceOperands(op: OperatorContext, what: 'paddings' | 'crops') {
  const x = op.input(0);
  const blocks = op.ints(1, 'block shape');
  const pairs = op.ints(2, what);
  rule(blocks.length >= 1 && blocks.length < x.type.shape.length, `takes no ${blocks.length} blocks`);
  rule(
    blocks.every((n) => n >= 1),
    () => `cannot cut blocks of [${blocks.join(', ')}]`,
  );
  rule(pairs.length === 2 * blocks.length, `needs two ${what} for each block`);
  const side = (first: number) =>
    x.type.shape.map((_, d) => (d >= 1 && d <= blocks.length ? pairs[2 * (d - 1) + first]! : 0));
  return { x, blocks, edges: { before: side(0), after: side(1) } };
}

function imageShape(op: OperatorContext, shape: readonly number[]): readonly [number, number, number, number] {
  if (shape.length !== 4) op.fail('I8C0207', `The input has rank ${shape.length}, not 4.`);
  return shape as [number, number, number, number];
}

function blockSize(op: OperatorContext, block: number): number {
  return block >= 1 ? block : op.fail('I8C0207', `The block size is ${block}.`);
}
