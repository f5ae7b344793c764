// Reads the text form of the loop IR: this file is its grammar (kernel-grammar.ts has the part of kernels),
// elaborate-kernel.ts and elaborate-program.ts give the syntax its meaning.
//
//   file    := (kernel | program)*
//   program := 'program' @name ['arena' BYTES 'bound' BYTES] '{' storage* call* '}'
//   storage := CLASS %name ['=' content] ':' ELEMENT '[' LENGTH ']' ['packed' STRING] ['at' BYTE] ['as' STRING type]
//   call    := 'call' @kernel '(' [%storage ['+' N] (',' ...)*] [';' NUMBER (',' NUMBER)*] ')' ['loc' STRING]
//
// Types and contents are those of the tensor IR (../parser.ts); `//` begins a comment. Chevrotain is loaded with this
// file, so import it only where text is read.
import type { IToken, ParserMethod } from 'chevrotain';
import {
  Arena,
  As,
  At,
  Bound,
  CallWord,
  Colon,
  Comma,
  Equals,
  LBrace,
  List,
  Loc,
  LParen,
  NumberToken,
  Plus,
  Program,
  RBrace,
  RParen,
  Semicolon,
  SymbolName,
  Text,
  ValueName,
  Word,
} from '../lexer.ts';
import type { Resources } from '../resources.ts';
import { SourceText } from '../source-text.ts';
import { elaborateKernels } from './elaborate-kernel.ts';
import { elaboratePrograms } from './elaborate-program.ts';
import type { Kernel, LoopProgram } from './kernel.ts';
import { KernelGrammar } from './kernel-grammar.ts';
import type { CallSyntax, KernelSyntax, LoopsSyntax, ProgramSyntax, StorageSyntax } from './syntax.ts';

class LoopGrammar extends KernelGrammar {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  parse(source: SourceText): LoopsSyntax {
    return this.parseAll(source, () => this.file());
  }

  private readonly file: ParserMethod<[], LoopsSyntax> = this.RULE('file', () => {
    const kernels: KernelSyntax[] = [];
    const programs: ProgramSyntax[] = [];
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            kernels.push(this.SUBRULE(this.kernel));
          },
        },
        {
          ALT: () => {
            programs.push(this.SUBRULE(this.program));
          },
        },
      ]);
    });
    return { kernels, programs };
  });

  private readonly program: ParserMethod<[], ProgramSyntax> = this.RULE('program', () => {
    const storages: StorageSyntax[] = [];
    const calls: CallSyntax[] = [];
    this.CONSUME(Program);
    const name = this.CONSUME(SymbolName);
    const arena = this.OPTION(() => {
      this.CONSUME(Arena);
      const bytes = this.CONSUME(NumberToken);
      this.CONSUME(Bound);
      return { bytes, bound: this.CONSUME2(NumberToken) };
    });
    this.CONSUME(LBrace);
    this.MANY(() => {
      storages.push(this.SUBRULE(this.storage));
    });
    this.MANY2(() => {
      calls.push(this.SUBRULE(this.call));
    });
    this.CONSUME(RBrace);
    return { name, arena, storages, calls };
  });

  private readonly storage: ParserMethod<[], StorageSyntax> = this.RULE('storage', () => {
    const storage = this.CONSUME(Word);
    const name = this.CONSUME(ValueName);
    const data = this.OPTION(() => {
      this.CONSUME(Equals);
      return this.SUBRULE(this.content);
    });
    this.CONSUME(Colon);
    const element = this.CONSUME2(Word);
    const length = this.CONSUME(List);
    const packing = this.SUBRULE(this.packing);
    const offset = this.OPTION2(() => {
      this.CONSUME(At);
      return this.CONSUME(NumberToken);
    });
    const tensor = this.OPTION3(() => {
      this.CONSUME(As);
      const user = this.CONSUME(Text);
      return { name: user, type: this.SUBRULE(this.type) };
    });
    return { storage, name, data, element, length, packing, offset, tensor };
  });

  private readonly call: ParserMethod<[], CallSyntax> = this.RULE('call', () => {
    const args: { storage: IToken; offset: IToken | undefined }[] = [];
    const scalars: IToken[] = [];
    this.CONSUME(CallWord);
    const kernel = this.CONSUME(SymbolName);
    this.CONSUME(LParen);
    this.MANY_SEP({
      SEP: Comma,
      DEF: () => {
        const storage = this.CONSUME(ValueName);
        const offset = this.OPTION(() => {
          this.CONSUME(Plus);
          return this.CONSUME(NumberToken);
        });
        args.push({ storage, offset });
      },
    });
    this.OPTION2(() => {
      this.CONSUME(Semicolon);
      this.AT_LEAST_ONE_SEP({
        SEP: Comma,
        DEF: () => {
          scalars.push(this.CONSUME2(NumberToken));
        },
      });
    });
    this.CONSUME(RParen);
    const location = this.OPTION3(() => {
      this.CONSUME(Loc);
      return this.CONSUME(Text);
    });
    return { kernel, args, scalars, location };
  });
}

/** Made on first use: the analysis of the grammar takes some milliseconds. */
let grammar: LoopGrammar | undefined;

/** What a text of the loop IR holds. */
export interface ParsedLoops {
  readonly kernels: readonly Kernel[];
  readonly programs: readonly LoopProgram[];
}

/**
 * Reads kernels and programs. `resources` are the contents that the text names by hash. Everything read keeps the rules of
 * the loop IR. Throws CompileError: I8C0101 for text that does not parse, I8C0102 for a broken rule, I8C0103 for a missing
 * resource, I8C0004 for a text that asks for too much memory.
 */
export function parseLoops(text: string, resources: Resources = new Map()): ParsedLoops {
  const source = new SourceText(text);
  grammar ??= new LoopGrammar();
  const syntax = grammar.parse(source);
  const kernels = elaborateKernels(source, syntax.kernels);
  return { kernels, programs: elaboratePrograms(source, syntax.programs, kernels, resources) };
}

/** Reads the kernels of a text; see {@link parseLoops}. */
export function parseKernels(text: string): readonly Kernel[] {
  return parseLoops(text).kernels;
}

/** Reads a text that holds exactly one program; see {@link parseLoops}. */
export function parseProgram(text: string, resources: Resources = new Map()): LoopProgram {
  const { programs } = parseLoops(text, resources);
  const [program] = programs;
  if (program === undefined || programs.length > 1) {
    return new SourceText(text).fail('I8C0101', text.length, `expected one program, found ${programs.length}`);
  }
  return program;
}
