// A program as plain data, for the shrinker: values are numbers, so that parts are left out or replaced without care for
// the rest. Built anew, every operator's own rule says whether what is left is still a program.
import { type AttributeSchema, type Rounding, sameAttribute } from '../../ir/attributes.ts';
import { Builder, completeAttributes } from '../../ir/builder.ts';
import { type AnyOpDefinition, type AttributeRecord, Func, Module, type Value } from '../../ir/module.ts';
import type { TensorArray, TensorData } from '../../ir/tensor-data.ts';
import type { TensorType } from '../../ir/types.ts';

export interface RecipeInput {
  readonly value: number;
  readonly type: TensorType;
  /** Its contents in each run. */
  readonly feeds: readonly TensorArray[];
}

export interface RecipeState {
  readonly value: number;
  readonly initial: TensorData;
  readonly next: number;
}

export interface RecipeStep {
  readonly definition: AnyOpDefinition;
  readonly operands: readonly (number | undefined)[];
  readonly attributes: AttributeRecord;
  readonly results: readonly number[];
  /** Element types and quantizations of the results, where the rule leaves them open. */
  readonly hints: readonly TensorType[];
}

export interface Recipe {
  readonly rounding: Rounding;
  readonly runs: number;
  readonly inputs: readonly RecipeInput[];
  readonly states: readonly RecipeState[];
  readonly steps: readonly RecipeStep[];
  readonly outputs: readonly number[];
}

/** A module to run and what it is run on. */
export interface Example {
  readonly module: Module;
  readonly runs: readonly (readonly TensorArray[])[];
}

export function recipeOf({ module, runs }: Example): Recipe {
  const func = module.entry;
  const numbers = new Map<Value, number>();
  const numberOf = (v: Value) => {
    const known = numbers.get(v) ?? numbers.size;
    numbers.set(v, known);
    return known;
  };
  return {
    rounding: module.rounding,
    runs: runs.length,
    inputs: func.inputs.map(({ value }, i) => ({
      value: numberOf(value),
      type: value.type,
      feeds: runs.flatMap((run) => run[i] ?? []),
    })),
    states: func.states.map(({ param, initial, next }) => ({ value: numberOf(param), initial, next: numberOf(next) })),
    steps: func.ops.map(({ definition, operands, attributes, results }) => ({
      definition,
      operands: operands.map((v) => (v === undefined ? undefined : numberOf(v))),
      attributes,
      results: results.map(numberOf),
      hints: results.map((r) => r.type),
    })),
    outputs: func.outputs.map((o) => numberOf(o.value)),
  };
}

/** The program. Throws RuleViolation where an operator's rule refuses it. */
export function build(recipe: Recipe): Example {
  const module = new Module('random', recipe.rounding);
  const func = new Func('main');
  module.functions.push(func);
  const values = new Map<number, Value>();
  const valueAt = (n: number) => {
    const value = values.get(n);
    if (value === undefined) throw new Error(`value ${n} is used before it is defined`);
    return value;
  };
  for (const [i, { value, type }] of recipe.inputs.entries()) values.set(value, func.addInput(`in${i}`, type));
  const states = recipe.states.map(({ value, initial }, i) => {
    const state = func.addState(`state${i}`, initial);
    values.set(value, state.param);
    return state;
  });
  const builder = new Builder(func);
  for (const { definition, operands, attributes, results, hints } of recipe.steps) {
    const given = operands.map((n) => (n === undefined ? undefined : valueAt(n)));
    const op = builder.op(definition, given, attributes, { hints });
    for (const [i, n] of results.entries()) values.set(n, op.results[i] ?? valueAt(n));
  }
  for (const [i, state] of states.entries()) state.next = valueAt(recipe.states[i]?.next ?? -1);
  for (const [i, n] of recipe.outputs.entries()) func.addOutput(`out${i}`, valueAt(n));
  const runs = Array.from({ length: recipe.runs }, (_, run) => recipe.inputs.flatMap(({ feeds }) => feeds[run] ?? []));
  return { module, runs };
}

/** The recipe without steps, inputs and states that no output depends on. */
export function pruned(recipe: Recipe): Recipe {
  const needed = new Set(recipe.outputs);
  // A state is needed once something reads it, and then so is what it becomes.
  for (let size = -1; size !== needed.size; ) {
    size = needed.size;
    for (const { value, next } of recipe.states) if (needed.has(value)) needed.add(next);
    for (const step of recipe.steps.toReversed()) {
      if (!step.results.some((r) => needed.has(r))) continue;
      for (const n of step.operands) if (n !== undefined) needed.add(n);
    }
  }
  return {
    ...recipe,
    inputs: recipe.inputs.filter((i) => needed.has(i.value)),
    states: recipe.states.filter((s) => needed.has(s.value)),
    steps: recipe.steps.filter((s) => s.results.some((r) => needed.has(r))),
  };
}

/** The attributes of a step that differ from their fallbacks, each with that. */
export function unusualAttributes(step: RecipeStep): AttributeRecord {
  const schema = step.definition.attributes as AttributeSchema;
  const required = Object.fromEntries(
    Object.entries(step.attributes).filter(([name]) => schema[name]?.fallback === undefined),
  );
  const plain = completeAttributes(step.definition, required);
  return Object.fromEntries(
    Object.entries(plain).filter(([name, value]) => !sameAttribute(value, step.attributes[name])),
  );
}
