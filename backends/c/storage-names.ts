// Where a program's storages are in generated C, and what they are called: parameters of invoke, constant arrays, state
// arrays, and members of the arena's union.
import { internalError } from '../../ir/diagnostics.ts';
import type { Argument, LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import { bytesPerElement, type ElementType } from '../../ir/types.ts';
import { elementType } from './c-types.ts';
import { NameScope, sanitized } from './identifiers.ts';
import { isSupportName } from './support.ts';

/** Constants beyond this many bytes go to a file of their own: an editor should open the code without them. */
export const separateWeightsBytes = 64 * 1024;

/** A constant or state array of the file. */
export interface NamedStorage {
  readonly storage: Storage;
  readonly name: string;
}

export class StorageNames {
  /** The prefix of every global: an identifier. */
  readonly prefix: string;
  /** The names of the file: of its arrays and functions. */
  readonly scope = new NameScope(undefined, isSupportName);
  readonly inputs: readonly NamedStorage[];
  readonly outputs: readonly NamedStorage[];
  readonly states: readonly NamedStorage[];
  /** Constants that a call uses. */
  readonly constants: readonly NamedStorage[];
  private readonly names = new Map<Storage, string>();
  private readonly program: LoopProgram;

  constructor(program: LoopProgram, prefix: string) {
    this.program = program;
    this.prefix = prefix;
    this.scope.unique('arena');
    const own = ['invoke', 'reset', 'set_arena', 'arena', 'arena_memory', 'after_call'];
    for (const name of own) this.scope.unique(`${prefix}_${name}`);
    const used = new Set(program.calls.flatMap((c) => c.args.map((a) => a.storage)));
    const of = (kind: Storage['storage']) => program.storages.filter((s) => s.storage === kind);
    const parameters = new NameScope(this.scope, isSupportName);
    this.inputs = of('input').map((s, i) => this.name(s, parameters.unique(portName(s, `input${i}`))));
    this.outputs = of('output').map((s, i) => this.name(s, parameters.unique(portName(s, `output${i}`))));
    const global = (s: Storage) =>
      this.name(s, this.scope.unique(`${prefix}_${sanitized(shortened(s.name), 'array')}`));
    this.states = of('state').map(global);
    this.constants = of('const')
      .filter((s) => used.has(s))
      .map(global);
  }

  private name(storage: Storage, name: string): NamedStorage {
    this.names.set(storage, name);
    return { storage, name };
  }

  /** Bytes of all constants that are used. */
  get constantBytes(): number {
    return this.constants.reduce((sum, { storage }) => sum + storage.length * bytesPerElement(storage.element), 0);
  }

  /** True when the constants are written to a file of their own. */
  get isSeparate(): boolean {
    return this.constantBytes > separateWeightsBytes;
  }

  /** The name of an array or parameter. */
  of(storage: Storage): string {
    return this.names.get(storage) ?? internalError(`storage ${storage.name} has no name in C`);
  }

  /** The pointer that a call passes for a buffer of this element type. */
  pointer({ storage, offset }: Argument, element: ElementType): string {
    const plus = (base: string, n: number) => (n === 0 ? base : `${base} + ${n}`);
    if (storage.storage === 'arena') {
      const bytes = this.program.arena.offsets.get(storage) ?? internalError(`storage ${storage.name} is not planned`);
      return plus(`arena->${arenaMember(element)}`, bytes / bytesPerElement(element) + offset);
    }
    const at = plus(this.of(storage), offset);
    const [have, want] = [elementType(storage.element), elementType(element)];
    if (have === want) return at;
    const isConstant = storage.storage === 'const' || storage.storage === 'input';
    return `(${isConstant ? 'const ' : ''}${want} *)${offset === 0 ? at : `(${at})`}`;
  }
}

/** A long name without its middle: its last words say what the array is for (forget_w, bias). */
function shortened(name: string): string {
  const [maxLength, maxTail] = [40, 16];
  if (name.length <= maxLength) return name;
  const tail = /_.*/.exec(name.slice(-maxTail))?.[0] ?? '';
  return `${name.slice(0, maxLength - tail.length)}${tail}`;
}

/** `input0`, and what the model calls it where that is short: `input0_image`. */
function portName(s: Storage, base: string): string {
  const own = sanitized(s.tensor?.name ?? s.name, '');
  if (own === '' || own.length > 20 || /^(input|output)_?[0-9]*$/i.test(own)) return base;
  return `${base}_${own}`;
}

/** The member of the arena's union in which elements of this type are kept. */
export function arenaMember(element: ElementType): string {
  const type = elementType(element);
  return type === 'float'
    ? 'f32'
    : type.replace(/^(u?)int([0-9]+)_t$/, (_, u, bits) => `${u === 'u' ? 'u' : 'i'}${bits}`);
}
