// What a program needs of a WebGPU device, against what every device promises (WebGPU specification, section 3.6.2, the
// default limits). Whatever grows with a network is checked here; the rest is below the defaults by construction: three
// storage buffers per stage of eight, workgroups of 64 invocations of 256, no workgroup memory, and dispatches in two
// dimensions of at most 65535 workgroups each.
import { type Diagnostic, fail } from '../../ir/diagnostics.ts';

/** Limits that memory may pass, with their defaults in bytes. */
const defaults = { maxStorageBufferBindingSize: 128 * 2 ** 20, maxBufferSize: 256 * 2 ** 20 } as const;

/** Shaders compute byte addresses in i32. */
const addressable = 2 ** 31 - 1;

/** The sizes of a program's two buffers, in bytes. */
export interface Memory {
  readonly arenaBytes: number;
  readonly constants: { readonly length: number };
}

const largestBuffer = ({ arenaBytes, constants }: Memory) => Math.max(arenaBytes, constants.length);

/** The limits, beyond the defaults, that a device must be asked for; by WebGPU's names, in bytes. */
export function requiredLimits(memory: Memory): Readonly<Record<string, number>> {
  const bytes = largestBuffer(memory);
  return Object.fromEntries(
    Object.entries(defaults).flatMap(([limit, least]) => (bytes > least ? [[limit, bytes]] : [])),
  );
}

/** Throws CompileError I8C0004 for memory that no shader could address. */
export function checkAddressable(what: string, bytes: number): void {
  if (bytes <= addressable) return;
  fail('I8C0004', `The program has ${what} of ${bytes} bytes.`, {
    hint: `WGSL shaders address at most ${addressable} bytes of a buffer.`,
  });
}

/** What to tell the user of a program whose memory not every device allows. */
export function limitDiagnostics(memory: Memory): Diagnostic[] {
  const bytes = largestBuffer(memory);
  const what = bytes === memory.arenaBytes ? 'working memory' : 'weights';
  const required = Object.keys(requiredLimits(memory));
  if (required.length === 0) return [];
  return [
    {
      code: 'I8C0501',
      severity: 'warning',
      message: `The program has ${what} of ${bytes} bytes in one buffer; WebGPU promises ${defaults.maxStorageBufferBindingSize}.`,
      hint: `Its device must be made with requestDevice({ requiredLimits }), which the loader exports: ${required.join(', ')}.`,
    },
  ];
}
