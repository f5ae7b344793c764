// A text that two kernels share exactly when they compute the same on equal buffers: names and comments do not count.
import type { Block, ComputeInstruction, Instruction, Kernel, LoopValue } from './kernel.ts';
import type { Buffer } from './types.ts';

/** What the key says of a constant operand in place of its number; undefined for the number. */
export type Abstraction = (x: ComputeInstruction, operand: number, value: number | bigint) => string | undefined;

/** The number that a value is: that of a constant, or of a vector of equal constants. */
export function constantNumber(v: LoopValue): number | bigint | undefined {
  const x = v.definition;
  if (x?.kind === 'const') return x.value;
  return x?.kind === 'compute' && x.opcode === 'splat' ? constantNumber(x.operands[0]!) : undefined;
}

/** The structure of a kernel as text: buffers and values by position, constants by their numbers. */
export function kernelKey(kernel: Kernel, abstraction: Abstraction = () => undefined): string {
  const values = new Map<LoopValue, number>();
  const buffers = new Map<Buffer, number>(kernel.buffers.map((b, i) => [b, i]));
  const out: string[] = [];
  const name = (v: LoopValue): string => {
    const value = constantNumber(v);
    return value === undefined ? String(values.get(v) ?? -1) : `${v.type} ${Object.is(value, -0) ? '-0' : value}`;
  };
  const operand = (x: ComputeInstruction, i: number): string => {
    const value = constantNumber(x.operands[i]!);
    return (value === undefined ? undefined : abstraction(x, i, value)) ?? name(x.operands[i]!);
  };
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
        const operands = x.operands.map((_, i) => operand(x, i)).join();
        out.push(x.opcode, operands, x.immediates.lanes?.join() ?? '', x.immediates.rounding ?? '');
        define(x.result);
        break;
      }
      case 'load':
        out.push(`l${buffers.get(x.buffer)}[${name(x.index)}]${x.align}`);
        define(x.result);
        break;
      case 'store':
        out.push(`s${buffers.get(x.buffer)}[${name(x.index)}]${x.align}=${name(x.value)}`);
        break;
      case 'for':
        out.push(`${x.mode} ${name(x.lower)} ${name(x.upper)} ${x.step}`, x.inits.map(name).join());
        block(x.block);
        x.results.forEach(define);
        break;
      case 'if':
        out.push(`if ${name(x.condition)}`);
        block(x.consequent);
        block(x.alternate);
        x.results.forEach(define);
        break;
    }
  };
  for (const b of kernel.buffers) out.push(`${b.role} ${b.element}[${b.length}]${b.packing ?? ''}`);
  kernel.scalars.forEach(define);
  block(kernel.body);
  return out.join(';');
}
