// Which of the files that a user gives is for which input of a program.
import { CompileError, fail, quoteName } from '../../ir/diagnostics.ts';
import { didYouMean } from '../../ir/spelling.ts';
import type { TensorInfo } from '../program.ts';
import { formatTensorShape } from './fit-tensor.ts';
import { exists } from './read-file.ts';

/**
 * Which file is for which input. An argument is `NAME=FILE` or `FILE`; files without a name go, in order, to the inputs
 * that no argument names. Returns paths in the order of the inputs.
 *
 * @throws CompileError I8C0403 for a name that is no input, I8C0402 where files are missing, I8C0401 where there are too many.
 */
export async function assignFiles(inputs: readonly TensorInfo[], args: readonly string[]): Promise<string[]> {
  const paths = new Map<string, string>();
  const unnamed: string[] = [];
  for (const arg of args) {
    // Names may hold '=' themselves: the longest input that fits is meant.
    const [named] = inputs.filter((i) => arg.startsWith(`${i.name}=`)).sort((a, b) => b.name.length - a.name.length);
    if (named !== undefined) {
      if (paths.has(named.name)) fail('I8C0401', `Input ${quoteName(named.name)} is given twice.`);
      paths.set(named.name, arg.slice(named.name.length + 1));
    } else if (arg.includes('=') && !(await exists(arg))) {
      unknownInput(arg.slice(0, arg.indexOf('=')), inputs);
    } else {
      unnamed.push(arg);
    }
  }
  const open = inputs.filter((i) => !paths.has(i.name));
  if (unnamed.length > open.length) {
    const have = `${open.length}${paths.size > 0 ? ' more' : ''} input${open.length === 1 ? '' : 's'}`;
    fail('I8C0401', `The program takes ${have}, and ${unnamed.length} files without a name are given.`);
  }
  open.forEach(({ name }, i) => {
    const path = unnamed[i];
    if (path !== undefined) paths.set(name, path);
  });
  const missing = inputs.filter((i) => !paths.has(i.name));
  if (missing.length > 0) {
    throw new CompileError(
      missing.map(({ name, type }) => ({
        code: 'I8C0402',
        severity: 'error',
        message: `Input ${quoteName(name)}, ${formatTensorShape(type)}, is missing.`,
        hint: 'Give it with --input FILE or --input NAME=FILE.',
      })),
    );
  }
  return inputs.map((i) => paths.get(i.name) ?? '');
}

function unknownInput(name: string, inputs: readonly TensorInfo[]): never {
  const names = inputs.map((i) => i.name);
  fail('I8C0403', `The program has no input ${quoteName(name)}.`, {
    hint: didYouMean(name, names) ?? `It has ${names.map(quoteName).join(', ') || 'none'}.`,
  });
}
