// A folder of its own for each test, gone after it, and what tests write into it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { type ElementType, perTensor, type Quantization, tensorType } from '../../ir/types.ts';
import type { TensorInfo } from '../../src/program.ts';

export interface TemporaryFolder {
  /** Writes a file, with the folders above it; returns its path. */
  write(name: string, contents: Uint8Array | string): Promise<string>;
  path(...parts: string[]): string;
}

/** Makes a folder before each test of the file that calls this, and removes it after. */
export function temporaryFolder(): TemporaryFolder {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'int8c-samples-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const path = (...parts: string[]) => join(folder, ...parts);
  return {
    path,
    async write(name, contents) {
      await mkdir(dirname(path(name)), { recursive: true });
      await writeFile(path(name), contents);
      return path(name);
    },
  };
}

/** An input of a program. */
export function input(name: string, element: ElementType, shape: readonly number[], quant?: Quantization): TensorInfo {
  return { name, type: tensorType(element, shape, quant) };
}

/** An i8 input whose real numbers are `scale * (q - zero)`. */
export function quantizedInput(shape: readonly number[], scale: number, zero: number): TensorInfo {
  return input('x', 'i8', shape, perTensor(scale, zero));
}

/** The message of the CompileError that something ends in; anything else fails the test. */
export async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  throw new Error('no error was thrown');
}
