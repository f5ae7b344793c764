// Accuracy and agreement of two classifiers: what their greatest outputs say.
import { fail } from '../../ir/diagnostics.ts';
import { elementCount } from '../../ir/types.ts';

/** Shares, from 0 to 1. */
export interface Share {
  readonly float: number;
  readonly quantized: number;
}

export interface Accuracy {
  readonly top1: Share;
  /** For {@link leastClassesForTop5} classes and more. */
  readonly top5?: Share;
}

/** Fewer classes than this make a top-5 mean little. */
export const leastClassesForTop5 = 10;

/** The number of classes that a tensor of this shape scores: its one extent above 1; undefined where it is no such vector. */
export function classesOf(shape: readonly number[]): number | undefined {
  const count = elementCount(shape);
  return count > 1 && Math.max(...shape) === count ? count : undefined;
}

/** How many classes stand before one: those with greater scores, and equal ones of lower index, as argmax has it. */
export function rankOf(scores: ArrayLike<number>, label: number): number {
  const own = scores[label] ?? Number.NaN;
  let rank = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] ?? Number.NaN;
    if (score > own || (score === own && i < label)) rank++;
  }
  return rank;
}

/** The index of the greatest score, the first of equal ones. */
export function argmax(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if ((scores[i] ?? 0) > (scores[best] ?? 0)) best = i;
  return best;
}

/** Counts over samples. */
export class ClassCounts {
  #samples = 0;
  #equal = 0;
  readonly #hits = { top1: { float: 0, quantized: 0 }, top5: { float: 0, quantized: 0 } };

  constructor(
    readonly classes: number,
    readonly labels: readonly number[] | undefined,
  ) {
    const wrong = labels?.findIndex((l) => !(Number.isInteger(l) && l >= 0 && l < classes)) ?? -1;
    if (wrong < 0) return;
    fail('I8C0402', `Label ${labels?.[wrong]} of sample ${wrong} is none of the ${classes} classes of the output.`, {
      hint: `Labels count from 0 to ${classes - 1}.`,
    });
  }

  /** Takes the scores of sample `index` from both networks. */
  add(index: number, float: ArrayLike<number>, quantized: ArrayLike<number>): void {
    this.#samples++;
    if (argmax(float) === argmax(quantized)) this.#equal++;
    const label = this.labels?.[index];
    if (label === undefined) return;
    for (const [key, scores] of [['float', float] as const, ['quantized', quantized] as const]) {
      const rank = rankOf(scores, label);
      if (rank < 1) this.#hits.top1[key]++;
      if (rank < 5) this.#hits.top5[key]++;
    }
  }

  /** Share of samples for which both networks name the same class. */
  get agreement(): number {
    return this.#equal / Math.max(1, this.#samples);
  }

  /** Undefined without labels. */
  get accuracy(): Accuracy | undefined {
    if (this.labels === undefined) return undefined;
    const share = ({ float, quantized }: Share): Share => {
      const n = Math.max(1, this.#samples);
      return { float: float / n, quantized: quantized / n };
    };
    const top1 = share(this.#hits.top1);
    return this.classes < leastClassesForTop5 ? { top1 } : { top1, top5: share(this.#hits.top5) };
  }
}
