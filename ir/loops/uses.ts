// Where the values of a kernel are used, and which matter at all: what backends need to know before they print
// expressions. A value matters if a store depends on it; a loop or conditional, if it stores or a value of it matters.
import type { Block, ForInstruction, Instruction, Kernel, LoopValue } from './kernel.ts';

/** A position in a block: of an instruction, or after the last one, where the block's results are handed on. */
export interface Place {
  readonly block: Block;
  readonly position: number;
}

export interface Use {
  /** The instruction that uses the value; undefined where it is a result of the block. */
  readonly user: Instruction | undefined;
  readonly place: Place;
}

/** Uses and liveness of a kernel's values. Instructions that do not matter use nothing. */
export interface KernelUses {
  /** True when a store depends on the value. */
  isLive(value: LoopValue): boolean;
  /** The carried values of a loop that matter inside or after it. */
  carried(loop: ForInstruction): readonly Carried[];
  /** True when the instruction stores, or defines a live value. */
  matters(instruction: Instruction): boolean;
  /** True when the instruction or one inside it stores. */
  stores(instruction: Instruction): boolean;
  /** Uses by instructions that matter, in order; an instruction that uses a value twice is there twice. */
  usesOf(value: LoopValue): readonly Use[];
  placeOf(instruction: Instruction): Place;
}

/** Values that an instruction itself reads, outside of the blocks it holds. */
export function operandsOf(x: Instruction): readonly LoopValue[] {
  switch (x.kind) {
    case 'const':
      return [];
    case 'compute':
      return x.operands;
    case 'load':
      return [x.index];
    case 'store':
      return [x.index, x.value];
    case 'for':
      return [x.lower, x.upper, ...x.inits];
    case 'if':
      return [x.condition];
  }
}

export function blocksOf(x: Instruction): readonly Block[] {
  return x.kind === 'for' ? [x.block] : x.kind === 'if' ? [x.consequent, x.alternate] : [];
}

export function resultsOf(x: Instruction): readonly LoopValue[] {
  return x.kind === 'for' || x.kind === 'if' ? x.results : x.kind === 'store' ? [] : [x.result];
}

export function kernelUses(kernel: Kernel): KernelUses {
  const storing = storingInstructions(kernel.body);
  const live = liveValues(kernel, storing);
  const matters = (x: Instruction): boolean =>
    storing.has(x) ||
    resultsOf(x).some((v) => live.has(v)) ||
    (x.kind === 'for' && carriedOf(x).some((c) => live.has(c.arg)));
  const places = new Map<Instruction, Place>();
  const uses = new Map<LoopValue, Use[]>();
  const use = (value: LoopValue, user: Instruction | undefined, place: Place) => {
    const list = uses.get(value);
    if (list === undefined) uses.set(value, [{ user, place }]);
    else list.push({ user, place });
  };

  const carries = (c: Carried) => live.has(c.arg) || live.has(c.result);

  /** `wanted`: which of the block's results anyone reads. */
  const visit = (block: Block, wanted: readonly boolean[]) => {
    block.body.forEach((x, position) => {
      const place = { block, position };
      places.set(x, place);
      if (!matters(x)) return;
      if (x.kind === 'for') {
        const carried = carriedOf(x);
        const inits = carried.filter(carries).map((c) => c.init);
        for (const v of [x.lower, x.upper, ...inits]) use(v, x, place);
        visit(x.block, carried.map(carries));
        return;
      }
      for (const v of operandsOf(x)) use(v, x, place);
      for (const inside of blocksOf(x)) {
        visit(
          inside,
          resultsOf(x).map((v) => live.has(v)),
        );
      }
    });
    const end = { block, position: block.body.length };
    block.results.forEach((v, i) => {
      if (wanted[i]) use(v, undefined, end);
    });
  };
  visit(kernel.body, []);
  return {
    isLive: (v) => live.has(v),
    carried: (loop) => carriedOf(loop).filter(carries),
    matters,
    stores: (x) => storing.has(x),
    usesOf: (v) => uses.get(v) ?? [],
    placeOf: (x) => places.get(x) ?? { block: kernel.body, position: 0 },
  };
}

/** A carried value of a loop in its four forms. */
export interface Carried {
  readonly init: LoopValue;
  readonly arg: LoopValue;
  readonly next: LoopValue;
  readonly result: LoopValue;
}

export function carriedOf(x: ForInstruction): Carried[] {
  return x.results.map((result, i) => ({
    init: x.inits[i]!,
    arg: x.block.args[i + 1]!,
    next: x.block.results[i]!,
    result,
  }));
}

function storingInstructions(body: Block): Set<Instruction> {
  const storing = new Set<Instruction>();
  const visit = (block: Block): boolean => {
    let any = false;
    for (const x of block.body) {
      // Every block is visited, also after the first store.
      const inside = blocksOf(x).map(visit).includes(true);
      if (x.kind !== 'store' && !inside) continue;
      storing.add(x);
      any = true;
    }
    return any;
  };
  visit(body);
  return storing;
}

function liveValues(kernel: Kernel, storing: ReadonlySet<Instruction>): Set<LoopValue> {
  const live = new Set<LoopValue>();
  /** What a value depends on beside its defining instruction's operands: carried arguments go around their loop. */
  const loops = new Map<LoopValue, { loop: ForInstruction; carried: Carried }>();
  const pending: LoopValue[] = [];
  const visit = (block: Block) => {
    for (const x of block.body) {
      if (x.kind === 'for') for (const carried of carriedOf(x)) loops.set(carried.arg, { loop: x, carried });
      if (storing.has(x)) pending.push(...(x.kind === 'for' ? [x.lower, x.upper] : operandsOf(x)));
      blocksOf(x).forEach(visit);
    }
  };
  visit(kernel.body);

  const follow = (v: LoopValue) => {
    const around = loops.get(v);
    if (around !== undefined) {
      const { loop, carried } = around;
      pending.push(loop.lower, loop.upper, carried.init, carried.next);
      return;
    }
    const x = v.definition;
    if (x === undefined) return;
    if (x.kind === 'for') {
      const carried = carriedOf(x)[x.results.indexOf(v)]!;
      pending.push(x.lower, x.upper, carried.init, carried.next);
    } else if (x.kind === 'if') {
      const i = x.results.indexOf(v);
      pending.push(x.condition, x.consequent.results[i]!, x.alternate.results[i]!);
    } else {
      pending.push(...operandsOf(x));
    }
  };
  for (let v = pending.pop(); v !== undefined; v = pending.pop()) {
    if (live.has(v)) continue;
    live.add(v);
    follow(v);
  }
  return live;
}
