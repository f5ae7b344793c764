// Names for the values and buffers of a kernel: hints made unique, numbers where there is no hint. Printing what was
// parsed from a printed text gives the same names again.
import { identifierOf } from '../identifiers.ts';
import type { Block, Kernel, LoopValue } from './kernel.ts';
import type { Buffer } from './types.ts';

export interface ValueNames {
  readonly values: ReadonlyMap<LoopValue, string>;
  readonly buffers: ReadonlyMap<Buffer, string>;
}

/** A name for everything that a kernel defines, constants excepted: those are written where they are used. */
export function nameValues(kernel: Kernel): ValueNames {
  const taken = new Set<string>();
  const values = new Map<LoopValue, string>();
  const buffers = new Map<Buffer, string>();
  let anonymous = 0;
  const unique = (base: string): string => {
    let name = base;
    for (let n = 1; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    return name;
  };
  const name = (list: readonly LoopValue[]) => {
    for (const v of list) {
      const hint = identifierOf(v.name ?? '');
      if (!values.has(v)) values.set(v, hint === '' ? `${anonymous++}` : unique(hint));
    }
  };
  const visit = (block: Block): void => {
    name(block.args);
    for (const x of block.body) {
      if (x.kind === 'for') {
        visit(x.block);
        name(x.results);
      } else if (x.kind === 'if') {
        visit(x.consequent);
        visit(x.alternate);
        name(x.results);
      } else if (x.kind === 'load' || x.kind === 'compute') name([x.result]);
    }
  };
  for (const b of kernel.buffers) buffers.set(b, unique(b.name));
  name(kernel.scalars);
  visit(kernel.body);
  return { values, buffers };
}
