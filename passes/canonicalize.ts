// canonicalize: every operator is asked for a simpler way to compute the same bytes, until none has one.
//
// before:  %p = pad %x {before = [0, 1, 1, 0], ...} ; %y = conv2d %p, %w
// after:   %y = conv2d %x, %w {pad = [1, 1, 1, 1]}
//
// What is simpler, is each operator's own answer (its `simplify` hook).
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

/** Each round makes progress somewhere; the longest chains in the field are a few operators long. */
const maxRounds = 16;

export const canonicalize: Pass = {
  name: 'canonicalize',
  run(func) {
    let changed = false;
    for (let round = 0; round < maxRounds; round++) {
      if (!rewrite(func, (op, builder) => op.definition.simplify?.({ op, builder }))) break;
      changed = true;
    }
    return changed;
  },
};
