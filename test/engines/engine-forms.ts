// The forms in which one Node is an engine to test: as it is, and with relaxed SIMD switched on where that takes a flag.
// Which module that runs depends on the machine, since engines compute relaxed SIMD by whatever instructions it has; so
// two more forms have none, and one that is exact.
import { execFileSync } from 'node:child_process';
import type { Engine } from './golden-artifacts.ts';

const flag = '--experimental-wasm-relaxed-simd';

/** `node` is the path of an executable. */
export function engineForms(node: string): Engine[] {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  const needsFlag = execFileSync(node, ['--v8-options'], { encoding: 'utf8' }).includes(flag);
  const form = (title: string, flags: readonly string[], relaxed: Engine['relaxed']): Engine => ({
    title: `Node ${version}${title}`,
    node,
    flags,
    relaxed,
  });
  return [
    form('', [], 'own'),
    ...(needsFlag ? [form(' with its flag', [flag], 'own')] : []),
    form(' without relaxed SIMD', [], 'none'),
    form(' with exact relaxed SIMD', [], 'exact'),
  ];
}
