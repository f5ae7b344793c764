// Which calls of a program do anything for its results, where it is known before the run which side some selects take:
// what computes the other side need not run.
import type { Argument, Call, LoopProgram, Storage } from '../../ir/loops/kernel.ts';

/** Conditions of selects, each the storage of one bool, with their values. */
export type KnownConditions = ReadonlyMap<Storage, boolean>;

/** Positions of the calls to run, in order. Outputs and states come out as from a run of all calls. */
export function neededCalls(program: LoopProgram, known: KnownConditions): readonly number[] {
  const live = new Set(program.storages.filter((s) => s.storage === 'output' || s.storage === 'state'));
  const needed: number[] = [];
  for (const [position, call] of [...program.calls.entries()].reverse()) {
    if (!argumentsOf(call, writes).some(({ storage }) => live.has(storage))) continue;
    needed.push(position);
    const unread = unreadSide(call, known);
    for (const argument of argumentsOf(call, reads)) if (argument !== unread) live.add(argument.storage);
  }
  return needed.reverse();
}

const writes = ['out', 'inout'];
const reads = ['in', 'inout', 'const'];

const argumentsOf = ({ kernel, args }: Call, roles: readonly string[]): Argument[] =>
  args.filter((_, i) => roles.includes(kernel.buffers[i]?.role ?? ''));

/** What a select by a known condition does not take; buffers of kernels are named as the operands of the operator. */
function unreadSide({ kernel, args }: Call, known: KnownConditions): Argument | undefined {
  const named = (name: string) => args[kernel.buffers.findIndex((b) => b.name === name)];
  const condition = named('condition');
  const value = condition && known.get(condition.storage);
  return value === undefined ? undefined : named(value ? 'b' : 'a');
}
