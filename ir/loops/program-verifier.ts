// Checks that programs of the loop IR keep their rules: storages with the contents and places they need, calls whose
// arguments fit the kernel's parameters.
import { CompileError, type Diagnostic, quoteName } from '../diagnostics.ts';
import { allocateArray } from '../tensor-data.ts';
import { bytesPerElement, elementCount, isElementType, tensorType, typeProblem } from '../types.ts';
import { accessesOutside } from './bounds.ts';
import { argumentLength, kernelOfCall } from './calls.ts';
import type { Argument, Call, LoopProgram, Storage, StorageClass } from './kernel.ts';
import { arenaAlignment } from './storage-memory.ts';
import type { Buffer, BufferRole, LoopType } from './types.ts';
import { verifyKernel } from './verifier.ts';

/** What a kernel may do with storage of each class: inputs and constants are the caller's or in flash. */
const allowedRoles: Readonly<Record<StorageClass, readonly BufferRole[]>> = {
  input: ['in'],
  output: ['in', 'out', 'inout'],
  const: ['in', 'const'],
  state: ['in', 'out', 'inout'],
  arena: ['in', 'out', 'inout', 'scratch'],
};

const byteLength = (s: Storage) => s.length * bytesPerElement(s.element);

/** Bytes in one address space: the arena's for planned storages, the storage's own otherwise. */
interface Span {
  readonly space: Storage | 'arena';
  readonly from: number;
  readonly to: number;
}

class ProgramVerifier {
  readonly diagnostics: Diagnostic[] = [];
  private readonly program: LoopProgram;
  private readonly storages: ReadonlySet<Storage>;
  private where = '';

  constructor(program: LoopProgram) {
    this.program = program;
    this.storages = new Set(program.storages);
  }

  verify(): Diagnostic[] {
    const { program } = this;
    this.names('kernel', program.kernels);
    this.names('storage', program.storages);
    for (const kernel of program.kernels) this.diagnostics.push(...verifyKernel(kernel));
    for (const s of program.storages) this.storage(s);
    this.where = `program ${quoteName(program.name)}`;
    for (const s of program.arena.offsets.keys()) {
      this.require(
        this.storages.has(s) && s.storage === 'arena',
        `the arena places ${quoteName(s.name)}, which is not its`,
      );
    }
    for (const [i, call] of program.calls.entries()) {
      const location = call.location === '' ? '' : ` ${quoteName(call.location)}`;
      this.where = `call #${i} of ${quoteName(call.kernel.name)}${location}`;
      this.call(call);
    }
    return this.diagnostics;
  }

  private require(condition: boolean, message: string): void {
    if (condition) return;
    this.diagnostics.push({ code: 'I8C0102', severity: 'error', message: `${message}.`, where: this.where });
  }

  private names(what: string, list: readonly { readonly name: string }[]): void {
    const seen = new Set<string>();
    this.where = `program ${quoteName(this.program.name)}`;
    for (const { name } of list) {
      this.require(!seen.has(name), `two ${what}s have the name ${quoteName(name)}`);
      seen.add(name);
    }
  }

  private storage(s: Storage): void {
    this.where = `storage ${quoteName(s.name)}`;
    if (!isElementType(s.element) || !Number.isSafeInteger(s.length) || s.length < 0) {
      this.require(false, `${s.element}[${s.length}] is no sequence of elements`);
      return;
    }
    const { data, tensor } = s;
    if (s.storage === 'const') this.require(data !== undefined, 'a constant needs contents');
    if (data !== undefined) {
      this.require(s.storage === 'const' || s.storage === 'state', `${s.storage} storage has no contents of its own`);
      const expected = allocateArray(s.element, 0);
      const fits = Object.getPrototypeOf(data) === Object.getPrototypeOf(expected) && data.length === s.length;
      this.require(fits, `its contents are no ${expected.constructor.name} of ${s.length}`);
    }
    if (tensor !== undefined) {
      const problem = typeProblem(tensorType(s.element, tensor.shape, tensor.quant));
      this.require(problem === undefined, `its tensor type is wrong: ${problem}`);
      const count = elementCount(tensor.shape);
      this.require(count === s.length, `its tensor has ${count} elements, the storage ${s.length}`);
    }
    if (s.storage === 'arena') this.placed(s);
  }

  /** Storages without a place are fine: memory is planned late. */
  private placed(s: Storage): void {
    const { offsets, bytes } = this.program.arena;
    const offset = offsets.get(s);
    if (offset === undefined) return;
    const aligned = Number.isSafeInteger(offset) && offset >= 0 && offset % arenaAlignment === 0;
    this.require(aligned, `lies at byte ${offset}, which is not a multiple of ${arenaAlignment}`);
    this.require(offset + byteLength(s) <= bytes, `ends at byte ${offset + byteLength(s)} of an arena of ${bytes}`);
  }

  private call(call: Call): void {
    const { kernel, args, scalars } = call;
    this.require(this.program.kernels.includes(kernel), 'calls a kernel that is not in the program');
    const { buffers } = kernel;
    this.require(args.length === buffers.length, `takes ${buffers.length} buffers, got ${args.length}`);
    this.require(
      scalars.length === kernel.scalars.length,
      `takes ${kernel.scalars.length} scalars, got ${scalars.length}`,
    );
    for (const [i, scalar] of kernel.scalars.entries()) {
      const x = scalars[i];
      if (x !== undefined) this.require(fitsScalar(scalar.type, x), `scalar ${i}: ${x} is no value of ${scalar.type}`);
    }
    for (const [i, buffer] of buffers.entries()) {
      const arg = args[i];
      if (arg !== undefined) this.argument(buffer, arg);
    }
    this.overlaps(buffers, args);
    if (buffers.some((b) => b.varies) && this.diagnostics.length === 0) this.reached(call);
  }

  /** With the scalars and lengths of a call that kernels of several extents share, no access may leave its buffer. */
  private reached(call: Call): void {
    for (const { access, elements } of accessesOutside(kernelOfCall(call))) {
      const { name, length } = access.buffer;
      const at = elements.min < 0 ? elements.min : elements.max;
      this.require(false, `reaches element ${at} of buffer ${quoteName(name)}, which has ${length}`);
    }
  }

  private argument(buffer: Buffer, { storage, offset }: Argument): void {
    const what = `buffer ${quoteName(buffer.name)}`;
    const given = `storage ${quoteName(storage.name)}`;
    this.require(this.storages.has(storage), `${what}: ${given} is not in the program`);
    this.require(
      storage.element === buffer.element,
      `${what} has ${buffer.element} elements, ${given} has ${storage.element}`,
    );
    const least = buffer.varies ? 0 : buffer.length;
    const fits = Number.isSafeInteger(offset) && offset >= 0 && offset + least <= storage.length;
    this.require(fits, `${what} needs ${buffer.length} elements from ${offset} on; ${given} has ${storage.length}`);
    this.require(
      storage.packing === buffer.packing,
      `${what} reads ${packingText(buffer.packing)}; ${given} is ${packingText(storage.packing)}`,
    );
    this.require(
      allowedRoles[storage.storage].includes(buffer.role),
      `${what} is ${buffer.role}; ${given} is ${storage.storage} and may be ${allowedRoles[storage.storage].join(', ')}`,
    );
  }

  /**
   * Buffers of one call overlap only where nothing is written, where the kernel says `inout`, or where a result takes over
   * the whole place of an operand (OpDefinition.inPlace: element i is read before element i is written).
   */
  private overlaps(buffers: readonly Buffer[], args: readonly Argument[]): void {
    const spans = args.map((arg, i) => this.span(arg, argumentLength(buffers[i], arg)));
    for (let i = 0; i < spans.length; i++) {
      for (let j = i + 1; j < spans.length; j++) {
        const [a, b, x, y] = [spans[i], spans[j], buffers[i], buffers[j]];
        if (a === undefined || b === undefined || x === undefined || y === undefined) continue;
        if (a.space !== b.space || a.from >= b.to || b.from >= a.to) continue;
        const roles = [x.role, y.role].sort().join(' ');
        if (roles.includes('inout') || !/out|scratch/.test(roles)) continue;
        const inPlace = roles === 'in out' && a.from === b.from && a.to === b.to;
        const size = bytesPerElement(x.element) === bytesPerElement(y.element);
        this.require(inPlace && size, `buffers ${quoteName(x.name)} and ${quoteName(y.name)} overlap`);
      }
    }
  }

  private span({ storage, offset }: Argument, length: number): Span | undefined {
    if (!isElementType(storage.element)) return undefined;
    const size = bytesPerElement(storage.element);
    const start = this.program.arena.offsets.get(storage);
    const from = (start ?? 0) + offset * size;
    return { space: start === undefined ? storage : 'arena', from, to: from + length * size };
  }
}

const packingText = (packing: string | undefined) =>
  packing === undefined ? 'not packed' : `packed ${quoteName(packing)}`;

function fitsScalar(type: LoopType, x: number): boolean {
  switch (type) {
    case 'f32':
      return Object.is(Math.fround(x), x);
    case 'bool':
      return x === 0 || x === 1;
    case 'i64':
      return Number.isSafeInteger(x);
    default:
      return Object.is(x | 0, x);
  }
}

/** Every rule that a program breaks, its kernels' included; empty for a sound program. */
export function verifyProgram(program: LoopProgram): Diagnostic[] {
  return new ProgramVerifier(program).verify();
}

/** Throws the diagnostics of {@link verifyProgram}, if any; `after` names the pass that ran last. */
export function assertProgramVerified(program: LoopProgram, after?: string): void {
  const diagnostics = verifyProgram(program);
  if (diagnostics.length === 0) return;
  throw new CompileError(
    after === undefined ? diagnostics : diagnostics.map((d) => ({ ...d, hint: `This came out of ${after}.` })),
  );
}
