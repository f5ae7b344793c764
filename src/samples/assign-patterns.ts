// Which of the patterns that a user gives for a data set are for which input of a program.
import { extname } from 'node:path';
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { didYouMean } from '../../ir/spelling.ts';
import { exists } from '../files/read-file.ts';
import type { TensorInfo } from '../program.ts';
import { type FoundFile, findFiles } from './find-files.ts';

/**
 * The files of each input, in the order of the inputs. `NAME=PATTERN` is for the input of that name; patterns without a
 * name are for a program's only input, or mean .npz files with an array for each input that no pattern names.
 *
 * @throws CompileError I8C0403 for a name that is no input, I8C0402 where an input has no files, or it is not said which
 * input a file is for; I8C0005 where a pattern means no file.
 */
export async function assignPatterns(
  inputs: readonly TensorInfo[],
  patterns: readonly string[],
): Promise<(readonly FoundFile[])[]> {
  const named = new Map<string, string[]>();
  const unnamed: string[] = [];
  for (const pattern of patterns) {
    // Names may hold '=' themselves: the longest input that fits is meant.
    const [input] = inputs
      .filter((i) => pattern.startsWith(`${i.name}=`))
      .sort((a, b) => b.name.length - a.name.length);
    if (input !== undefined) {
      named.set(input.name, [...(named.get(input.name) ?? []), pattern.slice(input.name.length + 1)]);
    } else if (/^[^=/\\*?]+=/.test(pattern) && !(await exists(pattern))) {
      const names = inputs.map((i) => i.name);
      const name = pattern.slice(0, pattern.indexOf('='));
      fail('I8C0403', `The program has no input ${quoteName(name)}.`, {
        hint: didYouMean(name, names) ?? `It has ${names.map(quoteName).join(', ') || 'none'}.`,
      });
    } else {
      unnamed.push(pattern);
    }
  }
  const shared = await findFiles(unnamed);
  const open = inputs.filter((i) => !named.has(i.name));
  const [single] = shared;
  if (single !== undefined && open.length === 0) {
    fail('I8C0402', `Every input has its own samples, so ${quoteName(single.path)} is for none.`);
  }
  const unclear = shared.find(({ path }) => extname(path).toLowerCase() !== '.npz');
  if (unclear !== undefined && inputs.length > 1) {
    fail('I8C0402', `It is not said which input the samples of ${quoteName(unclear.path)} are for.`, {
      hint: `Give NAME=PATTERN for each of ${inputs.map((i) => quoteName(i.name)).join(', ')}, or .npz files with arrays of these names.`,
    });
  }
  return Promise.all(
    inputs.map(async (input) => {
      const own = named.get(input.name);
      const files = own === undefined ? shared : await findFiles(own);
      if (files.length > 0) return files;
      return fail('I8C0402', `Input ${quoteName(input.name)} has no samples.`, {
        hint: inputs.length === 1 ? 'Give a file, a folder or a glob.' : `Give ${input.name}=PATTERN.`,
      });
    }),
  );
}
