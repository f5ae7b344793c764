// A kernel's buffers as parameters of its function: typed arrays of their elements. An i64 buffer may also come as
// pairs of 32-bit words, low word first, from which numbers within 53 bits are read without making BigInts.
import { internalError } from '../../ir/diagnostics.ts';
import type { Kernel } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import type { Names } from './names.ts';

/** A parameter of a printed kernel: a buffer, as its elements or as words. */
export interface BufferParameter {
  readonly name: string;
  readonly buffer: Buffer;
  readonly words: boolean;
}

export class BufferParameters {
  private readonly parameters: BufferParameter[];
  private readonly used = new Set<BufferParameter>();

  constructor(kernel: Kernel, names: Names) {
    this.parameters = kernel.buffers.flatMap((buffer) => {
      const elements = { name: names.fresh(buffer.name), buffer, words: false };
      if (buffer.element !== 'i64') return [elements];
      return [elements, { name: names.fresh(`${buffer.name}_words`), buffer, words: true }];
    });
  }

  private use(buffer: Buffer, words: boolean): string {
    const parameter = this.parameters.find((p) => p.buffer === buffer && p.words === words);
    if (parameter === undefined) return internalError(`buffer ${buffer.name} is not one of the kernel's`);
    this.used.add(parameter);
    return parameter.name;
  }

  /** The name of the array of a buffer's elements. */
  elementsOf(buffer: Buffer): string {
    return this.use(buffer, false);
  }

  /** The name of the array of an i64 buffer's words. */
  wordsOf(buffer: Buffer): string {
    return this.use(buffer, true);
  }

  /** Those that were asked for, in the order of the kernel's buffers. */
  list(): BufferParameter[] {
    return this.parameters.filter((p) => this.used.has(p));
  }
}
