// From the syntax of a program to the program: resolves kernels and storages, then has the verifier look at the whole.
import { type ContentReader, readContent, shorten, splatBytesLimit } from '../content-text.ts';
import { CompileError } from '../diagnostics.ts';
import { elaborateType, integerOf, nameOf, numberOf, stringOf } from '../elaborate-type.ts';
import type { Resources } from '../resources.ts';
import type { SourceText } from '../source-text.ts';
import { didYouMean } from '../spelling.ts';
import type { Token } from '../syntax.ts';
import type { ElementType } from '../types.ts';
import { sequenceOf, wordOf } from './elaborate-literal.ts';
import type { Argument, Call, InterfaceTensor, Kernel, LoopProgram, Storage, StorageClass } from './kernel.ts';
import { verifyProgram } from './program-verifier.ts';
import type { CallSyntax, ProgramSyntax, StorageSyntax } from './syntax.ts';

const classes: readonly StorageClass[] = ['input', 'output', 'const', 'state', 'arena'];

class ProgramElaborator {
  private readonly reader: ContentReader;
  private readonly source: SourceText;
  private readonly kernels: ReadonlyMap<string, Kernel>;
  private readonly storages = new Map<string, Storage>();
  private readonly offsets = new Map<Storage, number>();

  constructor(reader: ContentReader, kernels: ReadonlyMap<string, Kernel>) {
    this.reader = reader;
    this.source = reader.source;
    this.kernels = kernels;
  }

  elaborate(syntax: ProgramSyntax): LoopProgram {
    const { source } = this;
    const storages = syntax.storages.map((s) => this.storage(s));
    const calls = syntax.calls.map((c) => this.call(c));
    const program: LoopProgram = {
      name: nameOf(source, syntax.name),
      storages,
      kernels: [...this.kernels.values()],
      calls,
      arena: {
        offsets: this.offsets,
        bytes: this.count(syntax.arena?.bytes),
        lowerBound: this.count(syntax.arena?.bound),
      },
    };
    const problems = verifyProgram(program);
    if (problems.length > 0) throw new CompileError(problems);
    return program;
  }

  /** A number of bytes or elements; 0 where the text gives none. */
  private count(token: Token | undefined): number {
    return token === undefined ? 0 : integerOf(this.source, token, 0, Number.MAX_SAFE_INTEGER);
  }

  private storage(syntax: StorageSyntax): Storage {
    const { source } = this;
    const name = nameOf(source, syntax.name);
    if (this.storages.has(name)) {
      source.fail('I8C0101', syntax.name.startOffset, `${syntax.name.image} is defined twice`);
    }
    const { element, length } = sequenceOf(source, syntax.element, syntax.length);
    const storage: Storage = {
      name,
      storage: wordOf(source, syntax.storage, classes),
      element,
      length,
      ...(syntax.packing === undefined ? {} : { packing: stringOf(source, syntax.packing) }),
      ...(syntax.data === undefined ? {} : { data: readContent(this.reader, syntax.data, element, length) }),
      ...(syntax.tensor === undefined ? {} : { tensor: this.tensor(syntax.tensor, element) }),
    };
    if (syntax.offset !== undefined) this.offsets.set(storage, this.count(syntax.offset));
    this.storages.set(name, storage);
    return storage;
  }

  private tensor({ name, type }: NonNullable<StorageSyntax['tensor']>, element: ElementType): InterfaceTensor {
    const { shape, quant, element: found } = elaborateType(this.source, type);
    if (found !== element) {
      this.source.fail('I8C0101', type.at.startOffset, `expected a tensor of ${element}, found one of ${found}`);
    }
    const tensor = { name: stringOf(this.source, name), shape };
    return quant === undefined ? tensor : { ...tensor, quant };
  }

  /** What a name stands for among the things of one kind. */
  private lookUp<T>(token: Token, what: string, known: ReadonlyMap<string, T>): T {
    const name = nameOf(this.source, token);
    const found = known.get(name);
    if (found !== undefined) return found;
    const hint = didYouMean(name, known.keys());
    return this.source.fail('I8C0101', token.startOffset, `there is no ${what} ${shorten(token.image)}`, hint);
  }

  private call(syntax: CallSyntax): Call {
    const { source } = this;
    const args = syntax.args.map(
      ({ storage, offset }): Argument => ({
        storage: this.lookUp(storage, 'storage', this.storages),
        offset: this.count(offset),
      }),
    );
    return {
      kernel: this.lookUp(syntax.kernel, 'kernel', this.kernels),
      args,
      scalars: syntax.scalars.map((token) => numberOf(source, token.image, token.startOffset)),
      location: syntax.location === undefined ? '' : stringOf(source, syntax.location),
    };
  }
}

/** The programs that a text holds; each has all of the text's kernels. Errors as for parseLoops. */
export function elaboratePrograms(
  source: SourceText,
  syntax: readonly ProgramSyntax[],
  kernels: readonly Kernel[],
  resources: Resources,
): LoopProgram[] {
  const reader: ContentReader = { source, resources, splatBudget: splatBytesLimit };
  const byName = new Map(kernels.map((k) => [k.name, k]));
  return syntax.map((program) => new ProgramElaborator(reader, byName).elaborate(program));
}
