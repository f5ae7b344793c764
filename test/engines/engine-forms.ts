// The forms in which one Node is an engine to test: as it is, with relaxed SIMD switched on where that takes a flag, and
// without it, so that the module behind the relaxed one runs too.
import { execFileSync } from 'node:child_process';
import type { Engine } from './golden-artifacts.ts';

const flag = '--experimental-wasm-relaxed-simd';

/** `node` is the path of an executable. */
export function engineForms(node: string): Engine[] {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  const needsFlag = execFileSync(node, ['--v8-options'], { encoding: 'utf8' }).includes(flag);
  const form = (title: string, flags: readonly string[], refuses: boolean): Engine => ({
    title: `Node ${version}${title}`,
    node,
    flags,
    refuses,
  });
  return [
    form('', [], false),
    ...(needsFlag ? [form(' with its flag', [flag], false)] : []),
    form(' without relaxed SIMD', [], true),
  ];
}
