// A text that two kernels share exactly when they compute the same on equal buffers: names and comments do not count.
import type { Block, Instruction, Kernel, LoopValue } from './kernel.ts';
import type { Buffer } from './types.ts';

/** The structure of a kernel as text: buffers and values by position. */
export function kernelKey(kernel: Kernel): string {
  const values = new Map<LoopValue, number>();
  const buffers = new Map<Buffer, number>(kernel.buffers.map((b, i) => [b, i]));
  const out: string[] = [];
  const name = (v: LoopValue) => values.get(v) ?? -1;
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
  const visit = (i: Instruction): void => {
    switch (i.kind) {
      case 'const':
        out.push(`c${Object.is(i.value, -0) ? '-0' : String(i.value)}`);
        define(i.result);
        break;
      case 'compute':
        out.push(i.opcode, i.operands.map(name).join(), i.immediates.lanes?.join() ?? '', i.immediates.rounding ?? '');
        define(i.result);
        break;
      case 'load':
        out.push(`l${buffers.get(i.buffer)}[${name(i.index)}]${i.align}`);
        define(i.result);
        break;
      case 'store':
        out.push(`s${buffers.get(i.buffer)}[${name(i.index)}]${i.align}=${name(i.value)}`);
        break;
      case 'for':
        out.push(`${i.mode} ${name(i.lower)} ${name(i.upper)} ${i.step}`, i.inits.map(name).join());
        block(i.block);
        i.results.forEach(define);
        break;
      case 'if':
        out.push(`if ${name(i.condition)}`);
        block(i.consequent);
        block(i.alternate);
        i.results.forEach(define);
        break;
    }
  };
  for (const b of kernel.buffers) out.push(`${b.role} ${b.element}[${b.length}]${b.packing ?? ''}`);
  kernel.scalars.forEach(define);
  block(kernel.body);
  return out.join(';');
}
