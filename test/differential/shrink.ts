// From a program on which a target differs from the reference to a small one on which it still does: fewer outputs and
// operators, operands cut off by their known contents, one run, plain attributes, smaller shapes, zeros.
import { RuleViolation } from '../../ir/define-op.ts';
import { constant } from '../../ir/ops/constant.ts';
import { allocateArray, type Elements, type TensorArray, type TensorData } from '../../ir/tensor-data.ts';
import { elementCount, type TensorType } from '../../ir/types.ts';
import { difference } from './compare.ts';
import { cropped, cropsOf } from './crop.ts';
import { build, type Example, pruned, type Recipe, recipeOf, unusualAttributes } from './recipe.ts';
import { Subject } from './subject.ts';
import { reference, type Target } from './targets.ts';

/** What every value is in every run, by its number. */
type Contents = ReadonlyMap<number, { readonly type: TensorType; readonly runs: readonly TensorArray[] }>;

export interface Shrunk extends Example {
  /** How the target differs on it. */
  readonly problem: string;
}

/**
 * The smallest example found. A candidate counts where the target differs in any way: what is left may show another
 * mistake than the first did.
 * @param tries how many candidates may be run.
 */
export async function shrink(example: Example, target: Target, tries = 500): Promise<Shrunk> {
  const start = recipeOf(example);
  const problem = (await problemOf(start, target)) ?? 'does not differ when it is run again';
  const search = new Search(target, { recipe: start, problem }, tries);
  await search.cutOperators();
  await search.shorten();
  await search.simplify();
  const { recipe, problem: last } = search.best;
  return { ...build(recipe), problem: last };
}

/** How the target differs from the reference; undefined where it does not, or where there is no program. */
async function problemOf(recipe: Recipe, target: Target): Promise<string | undefined> {
  let subject: Subject;
  try {
    const { module, runs } = build(recipe);
    subject = new Subject(module, runs);
  } catch (error) {
    if (error instanceof RuleViolation) return undefined;
    throw error;
  }
  const [expected] = await reference.run([subject]);
  if (expected === undefined || expected instanceof Error) return undefined;
  const [outcome] = await target.run([subject]);
  return outcome && difference(target, outcome, expected);
}

/** The contents of every value, by the reference. */
async function contentsOf(recipe: Recipe): Promise<Contents> {
  const values = [...recipe.inputs, ...recipe.states].map((i) => i.value);
  const all = [...values, ...recipe.steps.flatMap((s) => s.results)];
  const { module, runs } = build({ ...recipe, outputs: all });
  const [outcome] = await reference.run([new Subject(module, runs)]);
  if (outcome === undefined || outcome instanceof Error) return new Map();
  return new Map(
    module.entry.outputs.map(({ value }, i) => {
      const contents = outcome.map((outputs) => outputs[i] ?? allocateArray(value.type.element, 0));
      return [all[i] ?? -1, { type: value.type, runs: contents }] as const;
    }),
  );
}

class Search {
  best: { readonly recipe: Recipe; readonly problem: string };
  private readonly target: Target;
  private left: number;

  constructor(target: Target, best: { readonly recipe: Recipe; readonly problem: string }, tries: number) {
    this.target = target;
    this.best = best;
    this.left = tries;
  }

  /** Takes the candidate if the target differs on it too. */
  private async take(candidate: Recipe): Promise<boolean> {
    if (this.left-- <= 0) return false;
    const recipe = pruned(candidate);
    const problem = await problemOf(recipe, this.target);
    if (problem === undefined) return false;
    this.best = { recipe, problem };
    return true;
  }

  /** One operator alone on what it reads, if that is enough; otherwise as many as possible are cut off. */
  async cutOperators(): Promise<void> {
    for (const output of new Set(this.best.recipe.outputs)) {
      if (await this.take({ ...this.best.recipe, outputs: [output] })) break;
    }
    const contents = await contentsOf(this.best.recipe);
    const { recipe } = this.best;
    for (const step of recipe.steps) {
      if (step.definition === constant) continue;
      const others = recipe.steps.filter((s) => s !== step && s.definition !== constant).flatMap((s) => s.results);
      const states = recipe.states.map((s) => s.value);
      if (await this.take({ ...withKnown(recipe, [...others, ...states], contents), outputs: step.results })) return;
    }
    for (const step of recipe.steps) {
      if (step.definition !== constant) await this.take(withKnown(this.best.recipe, step.results, contents));
    }
    for (const s of recipe.states) await this.take(withKnown(this.best.recipe, [s.value], contents));
  }

  /** One run, if that shows it; otherwise as few as possible from the first on. */
  async shorten(): Promise<void> {
    const { recipe } = this.best;
    for (let run = 0; run < recipe.runs && recipe.runs > 1; run++) {
      const inputs = recipe.inputs.map((i) => ({ ...i, feeds: i.feeds.slice(run, run + 1) }));
      if (await this.take({ ...recipe, runs: 1, inputs })) return;
    }
    while (this.best.recipe.runs > 1 && (await this.take({ ...this.best.recipe, runs: this.best.recipe.runs - 1 })));
  }

  async simplify(): Promise<void> {
    for (let before = -1; before !== this.left && this.left > 0; ) {
      before = this.left;
      const taken = [await this.crop(), await this.useFallbacks(), await this.clear()];
      if (!taken.some((t) => t)) return;
    }
  }

  private async crop(): Promise<boolean> {
    for (const crop of cropsOf(this.best.recipe)) {
      const candidate = cropped(this.best.recipe, crop);
      if (this.left <= 0 || sizeOf(candidate) >= sizeOf(this.best.recipe)) continue;
      // Smaller shapes have crops of their own: begin again.
      if (await this.take(candidate)) {
        await this.crop();
        return true;
      }
    }
    return false;
  }

  private async useFallbacks(): Promise<boolean> {
    let taken = false;
    for (const [i, step] of this.best.recipe.steps.entries()) {
      for (const [name, value] of Object.entries(unusualAttributes(step))) {
        const steps = this.best.recipe.steps.map((s, k) =>
          k === i ? { ...s, attributes: { ...s.attributes, [name]: value } } : s,
        );
        taken = (await this.take({ ...this.best.recipe, steps })) || taken;
      }
    }
    return taken;
  }

  /** Zeros instead of contents: all of a tensor, or half of it. */
  private async clear(): Promise<boolean> {
    let taken = false;
    for (const part of [
      [0, 1],
      [0, 0.5],
      [0.5, 1],
    ] as const) {
      for (const [i, input] of this.best.recipe.inputs.entries()) {
        if (input.feeds.every((f) => isZero(f, part))) continue;
        const feeds = input.feeds.map((f) => cleared(f, part));
        const inputs = this.best.recipe.inputs.map((x, k) => (k === i ? { ...x, feeds } : x));
        taken = (await this.take({ ...this.best.recipe, inputs })) || taken;
      }
      for (const [i, step] of this.best.recipe.steps.entries()) {
        if (step.definition !== constant) continue;
        const { type, data } = step.attributes.value as TensorData;
        if (isZero(data, part)) continue;
        const value = { type, data: cleared(data, part) };
        const steps = this.best.recipe.steps.map((s, k) => (k === i ? { ...s, attributes: { value } } : s));
        taken = (await this.take({ ...this.best.recipe, steps })) || taken;
      }
    }
    return taken;
  }
}

/** Elements of everything that the recipe holds. */
function sizeOf({ inputs, states, steps }: Recipe): number {
  const types = [...inputs.map((i) => i.type), ...states.map((s) => s.initial.type), ...steps.flatMap((s) => s.hints)];
  return types.reduce((sum, t) => sum + elementCount(t.shape), 0);
}

/** The recipe with inputs in the place of values, which hold what the values held. */
function withKnown(recipe: Recipe, values: readonly number[], contents: Contents): Recipe {
  const cut = new Set(values);
  const inputs = [...cut].flatMap((value) => {
    const known = contents.get(value);
    return known === undefined ? [] : [{ value, type: known.type, feeds: known.runs }];
  });
  return {
    ...recipe,
    inputs: [...recipe.inputs.filter((i) => !cut.has(i.value)), ...inputs],
    states: recipe.states.filter((s) => !cut.has(s.value)),
    steps: recipe.steps.filter((s) => !s.results.some((r) => cut.has(r))),
  };
}

type Part = readonly [number, number];

const bounds = (data: TensorArray, [from, to]: Part) =>
  [Math.floor(data.length * from), Math.floor(data.length * to)] as const;

function cleared(data: TensorArray, part: Part): TensorArray {
  const copy = data.slice();
  const [from, to] = bounds(data, part);
  if (copy instanceof BigInt64Array) copy.fill(0n, from, to);
  else copy.fill(0, from, to);
  return copy;
}

function isZero(data: TensorArray, part: Part): boolean {
  const elements: Elements = data;
  const [from, to] = bounds(data, part);
  for (let i = from; i < to; i++) if (Number(elements[i]) !== 0) return false;
  return true;
}
