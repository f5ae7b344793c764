// Decides how a backend names the values of a kernel: printed inside the one expression that uses them, or kept in a
// local. An expression moves a computation to its use; what it loads must not have been stored over in between.
import type { Block, ComputeInstruction, Instruction, Kernel, LoopValue } from './kernel.ts';
import { type KernelUses, operandsOf, type Place } from './uses.ts';

export interface InliningOptions {
  /** Most computations and loads in one printed expression; longer ones are cut into locals. */
  readonly maxSize?: number;
  /** Types that the backend wants in locals anyway (vectors, where it has no expressions for them). */
  readonly keepLocal?: (value: LoopValue) => boolean;
  /** Instructions that a backend spells with an operand repeated: their operands must be names or constants. */
  readonly repeatsOperands?: (user: Instruction) => boolean;
}

export interface Inlining {
  /** True when the value is printed where it is used: constants and offsets always, others at their single use. */
  isInline(value: LoopValue): boolean;
  /** Where the instruction's operands are evaluated: its own place, or that of the expression it is printed in. */
  evaluationPlace(user: Instruction): Place;
}

/**
 * Inlines what reads as well as a name, however often it is used: constants, and sums of a counter and a constant
 * (`row + 1`). Beyond those, a `compute` or `load` whose value is used once, later in the same block (so that nothing
 * moves into a loop or out of a condition), unless a store stands between a load and its use. Any store may hit what any
 * buffer that is not constant holds: planned memory may put a result over an operand. The upper bound of a loop is not
 * inlined: C and JavaScript evaluate it again in every iteration.
 */
export function inlineValues(kernel: Kernel, uses: KernelUses, options: InliningOptions = {}): Inlining {
  const { maxSize = 12, keepLocal = () => false, repeatsOperands = () => false } = options;
  const inline = new Set<LoopValue>();
  const evaluation = new Map<Instruction, Place>();
  const tooLarge = longExpressions(kernel.body, uses, maxSize);

  const visit = (block: Block, counters: ReadonlySet<LoopValue>) => {
    const isOffset = (x: ComputeInstruction) =>
      x.opcode === 'add' &&
      counters.has(x.operands[0]!) &&
      x.operands[1]!.definition?.kind === 'const' &&
      !keepLocal(x.result) &&
      uses.usesOf(x.result).every(({ user }) => user === undefined || !repeatsOperands(user));
    const storesBefore = countStores(block, uses);
    const storesBetween = (from: number, to: number) => storesBefore[to]! > storesBefore[from]!;
    const canInline = (v: LoopValue, x: Instruction, position: number, to: Place): boolean => {
      const [use, ...more] = uses.usesOf(v);
      if (use === undefined || more.length > 0 || use.place.block !== block) return false;
      if (tooLarge.has(v) || keepLocal(v)) return false;
      if (use.user?.kind === 'for' && use.user.upper === v) return false;
      if (use.user !== undefined && repeatsOperands(use.user)) return false;
      return x.kind !== 'load' || x.buffer.role === 'const' || !storesBetween(position + 1, to.position);
    };
    // Backwards, so that the place where a user is evaluated is known before what it uses.
    for (let position = block.body.length - 1; position >= 0; position--) {
      const x = block.body[position]!;
      const own = { block, position };
      evaluation.set(x, own);
      if (x.kind === 'const') inline.add(x.result);
      else if (x.kind === 'compute' && isOffset(x)) inline.add(x.result);
      else if ((x.kind === 'compute' || x.kind === 'load') && uses.isLive(x.result)) {
        const use = uses.usesOf(x.result)[0];
        const to = use?.user === undefined ? use?.place : evaluation.get(use.user);
        if (to !== undefined && canInline(x.result, x, position, to)) {
          inline.add(x.result);
          evaluation.set(x, to);
        }
      }
      if (x.kind === 'for') visit(x.block, new Set([...counters, ...x.block.args.slice(0, 1)]));
      if (x.kind === 'if') for (const inside of [x.consequent, x.alternate]) visit(inside, counters);
    }
  };
  visit(kernel.body, new Set(kernel.scalars));
  return {
    isInline: (v) => inline.has(v),
    evaluationPlace: (x) => evaluation.get(x) ?? uses.placeOf(x),
  };
}

/** How many instructions that store stand before each position of the block. */
function countStores(block: Block, uses: KernelUses): number[] {
  const counts = [0];
  block.body.forEach((x, i) => {
    counts.push(counts[i]! + (uses.stores(x) ? 1 : 0));
  });
  return counts;
}

/** Values whose expression would grow past `maxSize`, were all of their single-use operands inlined. */
function longExpressions(body: Block, uses: KernelUses, maxSize: number): Set<LoopValue> {
  const long = new Set<LoopValue>();
  const sizes = new Map<LoopValue, number>();
  const visit = (block: Block) => {
    for (const x of block.body) {
      if (x.kind === 'compute' || x.kind === 'load') {
        let size = 1;
        for (const v of operandsOf(x)) if (uses.usesOf(v).length === 1) size += sizes.get(v) ?? 0;
        const cut = size >= maxSize;
        if (cut) long.add(x.result);
        sizes.set(x.result, cut ? 0 : size);
      }
      if (x.kind === 'for') visit(x.block);
      if (x.kind === 'if') for (const inside of [x.consequent, x.alternate]) visit(inside);
    }
  };
  visit(body);
  return long;
}
