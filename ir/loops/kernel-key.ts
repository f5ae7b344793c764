// A text that two kernels share exactly when they compute the same on equal buffers: names and comments do not count.
import type { Block, Instruction, Kernel, LoopValue } from './kernel.ts';
import type { Buffer } from './types.ts';
import { operandsOf } from './uses.ts';

/** In what kernels of one key may differ. */
export interface Abstraction {
  /**
   * What the key says of a constant operand (see `operandsOf`) in place of its type and number; undefined for these.
   */
  constant?(x: Instruction, operand: number, value: number | bigint): string | undefined;
  /** Lengths of buffers and alignments do not count. */
  readonly extents?: boolean;
}

/** The number that a value is: that of a constant, or of a vector of equal constants. */
export function constantNumber(v: LoopValue): number | bigint | undefined {
  const x = v.definition;
  if (x?.kind === 'const') return x.value;
  return x?.kind === 'compute' && x.opcode === 'splat' ? constantNumber(x.operands[0]!) : undefined;
}

/** The structure of a kernel as text: buffers and values by position, constants by their numbers. */
export function kernelKey(kernel: Kernel, abstraction: Abstraction = {}): string {
  const values = new Map<LoopValue, number>();
  const buffers = new Map<Buffer, number>(kernel.buffers.map((b, i) => [b, i]));
  const out: string[] = [];
  const name = (v: LoopValue): string => {
    const value = constantNumber(v);
    return value === undefined ? String(values.get(v) ?? -1) : `${v.type} ${Object.is(value, -0) ? '-0' : value}`;
  };
  const operands = (x: Instruction): string[] =>
    operandsOf(x).map((v, i) => {
      const value = constantNumber(v);
      return (value === undefined ? undefined : abstraction.constant?.(x, i, value)) ?? name(v);
    });
  const align = (bytes: number) => (abstraction.extents ? '' : bytes);
  const define = (v: LoopValue) => {
    values.set(v, values.size);
    out.push(v.type);
  };
  const block = (b: Block) => {
    out.push('{');
    b.args.forEach(define);
    b.body.forEach(visit);
    out.push('}', b.results.map(name).join());
  };
  const visit = (x: Instruction): void => {
    switch (x.kind) {
      case 'const':
        break;
      case 'compute': {
        if (constantNumber(x.result) !== undefined) break;
        const { lanes, rounding } = x.immediates;
        out.push(x.opcode, operands(x).join(), lanes?.join() ?? '', rounding ?? '');
        define(x.result);
        break;
      }
      case 'load':
        out.push(`l${buffers.get(x.buffer)}[${operands(x)}]${align(x.align)}`);
        define(x.result);
        break;
      case 'store':
        out.push(`s${buffers.get(x.buffer)}[${operands(x)}]${align(x.align)}`);
        break;
      case 'for':
        out.push(`${x.mode} ${operands(x)} ${x.step}`);
        block(x.block);
        x.results.forEach(define);
        break;
      case 'if':
        out.push(`if ${operands(x)}`);
        block(x.consequent);
        block(x.alternate);
        x.results.forEach(define);
        break;
    }
  };
  for (const b of kernel.buffers) {
    const length = abstraction.extents ? '' : `${b.length}${b.varies ? ' varies' : ''}`;
    out.push(`${b.role} ${b.element}[${length}]${b.packing ?? ''}`);
  }
  kernel.scalars.forEach(define);
  block(kernel.body);
  return out.join(';');
}
