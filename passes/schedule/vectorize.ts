// Runs neighbouring iterations of a kernel's innermost parallel loops as the lanes of vectors. Loads of neighbours become
// vector loads, what is the same for all lanes is computed once and splat, and loops inside run for all lanes together:
//
//     parallel %c = 0 to 64 {                        parallel %c = 0 to 64 step 16 {
//       %max = for %k ... {                            %max = for %k ... {
//         %x = load %x[%k * 64 + %c] : i32               %x = load %x[%k * 64 + %c] : i8x16
//         yield max %acc, %x                             yield max %acc, %x
//       }                                              }
//       store %y[%c], %max                             store %y[%c], %max
//     }                                              }
//
// Each lane computes what its iteration did, in the same order. Where the count of iterations is no multiple of the lanes,
// the last block repeats a part of the one before it, or what is left stays a loop over elements.
import { constantValue } from '../../ir/loops/builder.ts';
import type { Block, ForInstruction, Kernel, LoopValue } from '../../ir/loops/kernel.ts';
import { kernelRanges } from '../../ir/loops/ranges.ts';
import { rebuildKernel } from '../../ir/loops/rebuild.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import { type LaneShapes, laneShapes } from './lane-shapes.ts';
import { LaneTypes } from './lane-types.ts';
import { blocksFor } from './vector-blocks.ts';
import { emitLanes } from './vector-body.ts';

/** `registerBytes`: the size of a vector register. Loops that vectors cannot compute, or need not, stay as they are. */
export function vectorizeKernel(kernel: Kernel, registerBytes: number): Kernel {
  const { values } = kernelRanges(kernel);
  return rebuildKernel(kernel, {
    replace(loop, b, outside, block) {
      const shapeOf = isInnermost(loop) ? laneShapes(loop) : undefined;
      if (shapeOf === undefined || !computes(loop.block, shapeOf)) return false;
      const types = new LaneTypes(loop, shapeOf, values);
      const blocks = types.divide ? blocksFor(loop, shapeOf, types, registerBytes) : undefined;
      if (blocks === undefined) return false;
      const { lanes, whole, rest, overlaps } = blocks;
      const [counter] = loop.block.args;
      const options = { mode: 'parallel', ...(counter?.name === undefined ? {} : { name: counter.name }) } as const;
      const lanesFrom = (i: LoopValue) => emitLanes(b, loop, i, { lanes, shapeOf, types, outside });
      const lower = Number(constantValue(loop.lower));
      const [end, upper] = [lower + whole * lanes, lower + whole * lanes + rest];
      if (overlaps) {
        b.for(lower, upper, (i) => lanesFrom(b.min(i, upper - lanes)), { ...options, step: lanes });
      } else {
        b.for(lower, end, lanesFrom, { ...options, step: lanes });
        b.for(end, upper, block, options);
      }
      return true;
    },
  });
}

function isInnermost(loop: ForInstruction): boolean {
  const hasParallel = (block: Block): boolean =>
    block.body.some((x) => (x.kind === 'for' && x.mode === 'parallel') || blocksOf(x).some(hasParallel));
  return loop.mode === 'parallel' && loop.step === 1 && !hasParallel(loop.block);
}

/** False for a body that only moves or fills elements: backends do that as whole runs, of any length. */
function computes(block: Block, shapeOf: LaneShapes): boolean {
  return block.body.some(
    (x) =>
      (x.kind === 'compute' && shapeOf(x.result).step === undefined) ||
      blocksOf(x).some((inside) => computes(inside, shapeOf)),
  );
}
