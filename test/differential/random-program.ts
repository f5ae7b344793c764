// A random program from a seed: a module of up to a dozen operators with what it is run on.
import { type Rounding, roundings } from '../../ir/attributes.ts';
import type { Module, Value } from '../../ir/module.ts';
import { maximum } from '../../ir/ops/maximum.ts';
import { select } from '../../ir/ops/select.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { type ElementType, sameType, tensorType } from '../../ir/types.ts';
import { Draft, type Generator } from './draft.ts';
import { Draw } from './draw.ts';
import { generators, weightedGenerators } from './generators/index.ts';
import { contents } from './tensors.ts';

/** A module and its runs one after the other, each with the contents of all inputs. States go from run to run. */
export interface RandomProgram {
  readonly seed: number;
  readonly module: Module;
  readonly runs: readonly (readonly TensorArray[])[];
}

const themes: readonly (readonly [number, ElementType])[] = [
  [10, 'i8'],
  [4, 'u8'],
  [3, 'i16'],
  [3, 'f32'],
  [0.5, 'i32'],
  [0.5, 'i64'],
  [0.5, 'bool'],
];

/** The program of a seed. Programs with consecutive seeds begin with one operator after the other, in turn. */
export function randomProgram(seed: number): RandomProgram {
  const draw = new Draw(seed);
  const rounding: Rounding = draw.weighted([
    [5, roundings[0]],
    [2, roundings[1]],
    [3, roundings[2]],
  ]);
  const draft = new Draft(draw, rounding, draw.weighted(themes));
  const turn = [...generators.values()][seed % generators.size];
  if (turn !== undefined) insist(draft, turn);
  for (let more = draw.chance(0.3) ? 0 : draw.int(1, 11); more > 0; more--)
    draft.grow(draw.weighted(weightedGenerators));
  complete(draft);
  const { inputs } = draft.func;
  const moods = ['ordinary', 'extreme', 'ordinary'] as const;
  const runs = moods.map((mood) =>
    inputs.map(({ value }) => contents(draw, value.type, draw.chance(0.2) ? 'ordinary' : mood).data),
  );
  return { seed, module: draft.module, runs };
}

/** Tries a generator until it takes: what it draws may be refused. */
function insist(draft: Draft, generator: Generator): void {
  for (let tries = 0; tries < 200; tries++) if (draft.grow(generator)) return;
}

/** Gives states their next values and names the outputs: every value that nothing reads, and some that others read. */
function complete(draft: Draft): void {
  const { draw, func } = draft;
  for (const state of [...draft.openStates]) draft.keep(state, nextOf(draft, state.param));
  const outputs = draft.offered.filter((v) => {
    if (func.isReturned(v)) return draw.chance(0.2);
    if (v.users.size > 0) return draw.chance(0.1);
    // One in thirty results is dead code.
    return !draw.chance(0.03);
  });
  const computed = outputs.filter((v) => v.producer !== undefined);
  const returned = computed.length > 0 ? outputs : draft.offered.slice(-1);
  for (const v of returned) func.addOutput(`out${func.outputs.length}`, v);
  // Two outputs may be one value.
  const [first] = returned;
  if (first !== undefined && draw.chance(0.03)) func.addOutput(`out${func.outputs.length}`, first);
}

/** A next value for a state: one of its type that is there, or the greater of it and one that comes in. */
function nextOf(draft: Draft, param: Value): Value {
  const { draw } = draft;
  const fitting = draft.offered.filter((v) => v !== param && sameType(v.type, param.type));
  if (fitting.length > 0 && draw.chance(0.8)) return draw.pick(fitting);
  let next = param;
  draft.grow(() => {
    const fresh = draft.input(param.type);
    const condition = () => draft.input(tensorType('bool', param.type.shape));
    const chosen =
      param.type.element === 'bool'
        ? draft.append(select, [condition(), param, fresh])
        : draft.append(maximum, [param, fresh], {}, [param.type]);
    next = chosen[0] ?? param;
  });
  return next;
}
