// eliminate-dead-code: operators whose results nobody uses go away. Operators have no side effects, so this is all.
//
// before:  %a = ... ; %unused = ... ; return %a
// after:   %a = ... ; return %a
import type { Pass } from './pass.ts';
import { removeOps } from './rewrite.ts';

export const eliminateDeadCode: Pass = {
  name: 'eliminate-dead-code',
  run: (func) => removeOps(func, (op) => op.results.every((r) => r.users.size === 0 && !func.isReturned(r))),
};
