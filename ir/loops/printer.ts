// Prints kernels of the loop IR as text; parser.ts reads it back (its header has the grammar). Constants have no
// statement of their own: they are written where they are used, `5` for i32, `5i64`, `1.0` for f32, `true`.
import { formatName } from '../printer.ts';
import { formatF32 } from '../types.ts';
import type {
  Block,
  ComputeInstruction,
  ForInstruction,
  IfInstruction,
  Instruction,
  Kernel,
  LoopValue,
} from './kernel.ts';
import type { LaneValue } from './opcodes.ts';
import type { Buffer, LoopType } from './types.ts';
import { nameValues, type ValueNames } from './value-names.ts';

/** A constant as the text writes it. */
export function formatConstant(type: LoopType, value: LaneValue): string {
  switch (type) {
    case 'bool':
      return value ? 'true' : 'false';
    case 'i64':
      return `${value}i64`;
    case 'f32': {
      const text = formatF32(Number(value));
      return /^-?[0-9]+$/.test(text) ? `${text}.0` : text;
    }
    default:
      return String(value);
  }
}

class KernelPrinter {
  private readonly names: ValueNames;

  constructor(names: ValueNames) {
    this.names = names;
  }

  value(v: LoopValue): string {
    const x = v.definition;
    if (x?.kind === 'const') return formatConstant(x.result.type, x.value);
    return formatName('%', this.names.values.get(v) ?? '?');
  }

  private buffer(b: Buffer): string {
    return formatName('%', this.names.buffers.get(b) ?? '?');
  }

  private list(values: readonly LoopValue[]): string {
    return values.map((v) => this.value(v)).join(', ');
  }

  private defined(results: readonly LoopValue[]): string {
    return results.length === 0 ? '' : `${this.list(results)} = `;
  }

  kernel(kernel: Kernel): string {
    const buffers = kernel.buffers.map((b) => {
      const packing = b.packing === undefined ? '' : ` packed ${JSON.stringify(b.packing)}`;
      return `${this.buffer(b)}: ${b.role} ${b.element}[${b.length}]${b.varies ? ' varies' : ''}${packing}`;
    });
    const scalars = kernel.scalars.map((v) => `${this.value(v)}: ${v.type}`);
    const params = buffers.join(', ') + (scalars.length === 0 ? '' : `; ${scalars.join(', ')}`);
    const comment = kernel.comment === '' ? '' : ` ${JSON.stringify(kernel.comment)}`;
    return `kernel ${formatName('@', kernel.name)}(${params})${comment} {\n${this.block(kernel.body, '  ')}}\n`;
  }

  private block(block: Block, indent: string): string {
    const body = block.body.map((x) => this.instruction(x, indent)).join('');
    return block.results.length === 0 ? body : `${body}${indent}yield ${this.list(block.results)}\n`;
  }

  private instruction(x: Instruction, indent: string): string {
    const head = this.head(x);
    switch (x.kind) {
      case 'const':
        return '';
      case 'for':
        return `${indent}${head} {\n${this.block(x.block, `${indent}  `)}${indent}}\n`;
      case 'if': {
        const consequent = this.block(x.consequent, `${indent}  `);
        const alternate = this.block(x.alternate, `${indent}  `);
        const otherwise = alternate === '' ? '' : ` else {\n${alternate}${indent}}`;
        return `${indent}${head} {\n${consequent}${indent}}${otherwise}\n`;
      }
      default:
        return `${indent}${head}\n`;
    }
  }

  /** An instruction without the blocks that it holds. */
  head(x: Instruction): string {
    switch (x.kind) {
      case 'const':
        return `const ${formatConstant(x.result.type, x.value)}`;
      case 'compute':
        return this.compute(x);
      case 'load': {
        const align = x.align === 1 ? '' : ` align ${x.align}`;
        return `${this.value(x.result)} = load ${this.buffer(x.buffer)}[${this.value(x.index)}]${align} : ${x.result.type}`;
      }
      case 'store': {
        const align = x.align === 1 ? '' : ` align ${x.align}`;
        return `store ${this.buffer(x.buffer)}[${this.value(x.index)}], ${this.value(x.value)}${align}`;
      }
      case 'for':
        return this.loop(x);
      case 'if':
        return this.conditional(x);
    }
  }

  private compute({ opcode, operands, immediates, result }: ComputeInstruction): string {
    const lanes = immediates.lanes === undefined ? '' : ` lanes [${immediates.lanes.join(', ')}]`;
    const rounding = immediates.rounding === undefined ? '' : ` rounding ${immediates.rounding}`;
    return `${this.value(result)} = ${opcode} ${this.list(operands)}${lanes}${rounding} : ${result.type}`;
  }

  private loop(x: ForInstruction): string {
    const [counter, ...carried] = x.block.args;
    const word = x.mode === 'serial' ? 'for' : x.mode;
    const step = x.step === 1 ? '' : ` step ${x.step}`;
    const carry = carried.map((v, i) => {
      const init = x.inits[i];
      return `${this.value(v)} = ${init === undefined ? '%?' : this.value(init)}: ${v.type}`;
    });
    const carries = carry.length === 0 ? '' : ` carry(${carry.join(', ')})`;
    const range = `${this.value(x.lower)} to ${this.value(x.upper)}${step}`;
    return `${this.defined(x.results)}${word} ${counter === undefined ? '%?' : this.value(counter)} = ${range}${carries}`;
  }

  private conditional(x: IfInstruction): string {
    return `${this.defined(x.results)}if ${this.value(x.condition)}`;
  }
}

/** The text of a kernel. `parseKernels` reads it back; constants that nothing uses are lost. */
export function printKernel(kernel: Kernel): string {
  return new KernelPrinter(nameValues(kernel)).kernel(kernel);
}

/** One line for one instruction of a kernel, as {@link printKernel} names its values; for messages. */
export function printInstruction(kernel: Kernel, instruction: Instruction): string {
  return new KernelPrinter(nameValues(kernel)).head(instruction);
}
