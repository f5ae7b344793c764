// The operators of a float network by the names that a user knows them by.
import { CompileError, type Diagnostic, quoteName } from '../../ir/diagnostics.ts';
import type { Func, Op } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { didYouMean } from '../../ir/spelling.ts';
import { nameOf } from './plan.ts';

/** The names in a location: of `Conv "/stem/Conv"` all of it, and `/stem/Conv`. */
function namesIn(location: string): string[] {
  const quoted = [...location.matchAll(/"(?:[^"\\]|\\.)*"/g)].flatMap(([text]) => {
    try {
      const name: unknown = JSON.parse(text);
      return typeof name === 'string' ? [name] : [];
    } catch {
      return [];
    }
  });
  return [location, ...quoted];
}

/** What an operator can be called: its place in the user's model, the name it has there, the names of its results. */
const namesOf = (op: Op) => [...namesIn(op.location), ...op.results.map((result) => result.name)];

/**
 * The operators that names stand for, by the names of their first results. A name of the user's model stands for all
 * operators that were made of it.
 *
 * @throws CompileError I8C0403 with an error for each name that stands for none.
 */
export function operatorsNamed(func: Func, names: readonly string[]): ReadonlySet<string> {
  const known = new Map<string, string[]>();
  for (const op of func.ops) {
    if (op.definition === constant) continue;
    for (const name of new Set(namesOf(op))) known.set(name, [...(known.get(name) ?? []), nameOf(op)]);
  }
  known.delete('');
  const errors = names.filter((name) => !known.has(name)).map((name) => unknownName(name, [...known.keys()]));
  if (errors.length > 0) throw new CompileError(errors);
  return new Set(names.flatMap((name) => known.get(name) ?? []));
}

function unknownName(name: string, known: readonly string[]): Diagnostic {
  const hint = didYouMean(name, known) ?? 'int8c inspect --json names the operators of a model.';
  return { code: 'I8C0403', severity: 'error', message: `There is no operator ${quoteName(name)} in the model.`, hint };
}
