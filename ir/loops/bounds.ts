// Finds loads and stores that certainly leave their buffers: the index is affine in the counters of loops with constant
// bounds, so that its ends are reached, and no condition stands before the access. What is not certain is accepted here;
// ranges.ts has the intervals that prove the opposite.
import type { Block, ForInstruction, Kernel, LoadInstruction, LoopValue, StoreInstruction } from './kernel.ts';
import type { Range } from './range-rules.ts';
import { lanesOf } from './types.ts';

type Access = LoadInstruction | StoreInstruction;

/** An access that leaves its buffer, and the first and last element it reaches for. */
export interface AccessOutside {
  readonly access: Access;
  readonly elements: Range;
}

/** offset + sum of coefficient * counter. */
interface AffineForm {
  readonly offset: number;
  readonly terms: ReadonlyMap<LoopValue, number>;
}

/** A form whose numbers are exact, or undefined. */
function exact(form: AffineForm): AffineForm | undefined {
  return [form.offset, ...form.terms.values()].every(Number.isSafeInteger) ? form : undefined;
}

function combine(a: AffineForm, b: AffineForm, sign: 1 | -1): AffineForm | undefined {
  const terms = new Map(a.terms);
  for (const [counter, c] of b.terms) terms.set(counter, (terms.get(counter) ?? 0) + sign * c);
  return exact({ offset: a.offset + sign * b.offset, terms });
}

function scaleForm(a: AffineForm, factor: number): AffineForm | undefined {
  return exact({
    offset: a.offset * factor,
    terms: new Map([...a.terms].map(([counter, c]) => [counter, c * factor])),
  });
}

const constantOnly = (a: AffineForm) => [...a.terms.values()].every((c) => c === 0);

/** The number that a constant i32 value holds. */
function constantOf(v: LoopValue): number | undefined {
  return v.definition?.kind === 'const' && v.type === 'i32' ? Number(v.definition.value) : undefined;
}

/** First and last value of a counter whose loop certainly runs; undefined where bounds are not constant or empty. */
function counterRange(loop: ForInstruction): Range | undefined {
  const lower = constantOf(loop.lower);
  const upper = constantOf(loop.upper);
  if (lower === undefined || upper === undefined || lower >= upper) return undefined;
  return { min: lower, max: lower + Math.floor((upper - 1 - lower) / loop.step) * loop.step };
}

const fitsI32 = ({ min, max }: Range) => min >= -2147483648 && max <= 2147483647;

class AffineWalk {
  /** For each access that certainly runs over a full box of counters: the exact first and last index. */
  readonly indices = new Map<Access, Range>();
  private readonly counters = new Map<LoopValue, Range>();
  private readonly forms = new Map<LoopValue, AffineForm | undefined>();

  walk(block: Block): void {
    for (const x of block.body) {
      if (x.kind === 'compute') this.forms.set(x.result, this.computed(x.opcode, x.operands));
      else if (x.kind === 'load' || x.kind === 'store') this.access(x);
      else if (x.kind === 'for') {
        const range = counterRange(x);
        const counter = x.block.args[0];
        // A loop that may not run, like a conditional, proves nothing about what is inside it.
        if (range === undefined || counter === undefined) continue;
        this.counters.set(counter, range);
        this.walk(x.block);
      }
    }
  }

  private access(x: Access): void {
    const form = this.formOf(x.index);
    if (form === undefined) return;
    let min = form.offset;
    let max = form.offset;
    for (const [counter, c] of form.terms) {
      const range = this.counters.get(counter);
      if (range === undefined) return;
      min += c * (c > 0 ? range.min : range.max);
      max += c * (c > 0 ? range.max : range.min);
    }
    // An index that wraps is another index; what it is exactly is not this file's business.
    if (fitsI32({ min, max })) this.indices.set(x, { min, max });
  }

  private formOf(v: LoopValue): AffineForm | undefined {
    const constant = constantOf(v);
    if (constant !== undefined) return { offset: constant, terms: new Map() };
    if (this.counters.has(v)) return { offset: 0, terms: new Map([[v, 1]]) };
    return this.forms.get(v);
  }

  private computed(opcode: string, operands: readonly LoopValue[]): AffineForm | undefined {
    const [a, b] = operands.map((v) => this.formOf(v));
    if (a === undefined || b === undefined) return undefined;
    if (opcode === 'add') return combine(a, b, 1);
    if (opcode === 'sub') return combine(a, b, -1);
    if (opcode === 'mul' && constantOnly(b)) return scaleForm(a, b.offset);
    if (opcode === 'mul' && constantOnly(a)) return scaleForm(b, a.offset);
    return opcode === 'shl' && constantOnly(b) && b.offset >= 0 && b.offset < 31
      ? scaleForm(a, 2 ** b.offset)
      : undefined;
  }
}

/** The accesses of a kernel that certainly leave their buffers; the kernel is sound otherwise (verifier.ts). */
export function accessesOutside(kernel: Kernel): AccessOutside[] {
  const walk = new AffineWalk();
  walk.walk(kernel.body);
  const outside: AccessOutside[] = [];
  for (const [access, index] of walk.indices) {
    const lanes = lanesOf(access.kind === 'load' ? access.result.type : access.value.type);
    const elements = { min: index.min, max: index.max + lanes - 1 };
    if (elements.min < 0 || elements.max >= access.buffer.length) outside.push({ access, elements });
  }
  return outside;
}
