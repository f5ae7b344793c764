// The grammar of kernels in the text form of the loop IR; parser.ts adds programs and is what callers use.
//
//   kernel      := 'kernel' @name '(' [buffer (',' buffer)*] [';' scalar (',' scalar)*] ')' [STRING] '{' block '}'
//   buffer      := %name ':' ROLE ELEMENT '[' LENGTH ']' ['varies'] ['packed' STRING]
//   scalar      := %name ':' TYPE
//   block       := instruction* ['yield' value (',' value)*]
//   instruction := 'store' place ',' value ['align' N] | [results '='] (load | compute | loop | conditional)
//   load        := 'load' place ['align' N] ':' TYPE
//   compute     := OPCODE value (',' value)* ['lanes' LIST] ['rounding' WORD] ':' TYPE
//   loop        := ('for' | 'unrolled' | 'parallel') %counter '=' value 'to' value ['step' N]
//                  ['carry' '(' %name '=' value ':' TYPE (',' ...)* ')'] '{' block '}'
//   conditional := 'if' value '{' block '}' ['else' '{' block '}']
//   place       := %buffer '[' value ']'
//   value       := %name | 5 (i32) | 5i64 | 0.5 (f32; also 5e3, inf, nan) | true | false
import type { IToken, ParserMethod } from 'chevrotain';
import { SharedGrammar } from '../grammar.ts';
import {
  Align,
  Carry,
  Colon,
  Comma,
  Else,
  Equals,
  False,
  For,
  If,
  KernelWord,
  Lanes,
  LBrace,
  LBracket,
  List,
  Load,
  LParen,
  NumberToken,
  Packed,
  Parallel,
  RBrace,
  RBracket,
  RoundingWord,
  RParen,
  Semicolon,
  Step,
  Store,
  SymbolName,
  Text,
  To,
  True,
  Unrolled,
  ValueName,
  Varies,
  Word,
  Yield,
} from '../lexer.ts';
import type { BlockSyntax, BufferSyntax, InstructionSyntax, KernelSyntax, PlaceSyntax } from './syntax.ts';

type Carried = Extract<InstructionSyntax, { kind: 'for' }>['carried'][number];

export abstract class KernelGrammar extends SharedGrammar {
  protected readonly kernel: ParserMethod<[], KernelSyntax> = this.RULE('kernel', () => {
    const buffers: BufferSyntax[] = [];
    const scalars: { name: IToken; type: IToken }[] = [];
    this.CONSUME(KernelWord);
    const name = this.CONSUME(SymbolName);
    this.CONSUME(LParen);
    this.MANY_SEP({
      SEP: Comma,
      DEF: () => {
        buffers.push(this.SUBRULE(this.buffer));
      },
    });
    this.OPTION(() => {
      this.CONSUME(Semicolon);
      this.AT_LEAST_ONE_SEP({
        SEP: Comma,
        DEF: () => {
          const scalar = this.CONSUME(ValueName);
          this.CONSUME(Colon);
          scalars.push({ name: scalar, type: this.CONSUME(Word) });
        },
      });
    });
    this.CONSUME(RParen);
    const comment = this.OPTION2(() => this.CONSUME(Text));
    const body = this.SUBRULE(this.block);
    return { name, buffers, scalars, comment, body };
  });

  protected readonly buffer: ParserMethod<[], BufferSyntax> = this.RULE('buffer', () => {
    const name = this.CONSUME(ValueName);
    this.CONSUME(Colon);
    const role = this.CONSUME(Word);
    const element = this.CONSUME2(Word);
    const length = this.CONSUME(List);
    const varies = this.OPTION(() => this.CONSUME(Varies)) !== undefined;
    return { name, role, element, length, varies, packing: this.SUBRULE(this.packing) };
  });

  protected readonly packing: ParserMethod<[], IToken | undefined> = this.RULE('packing', () =>
    this.OPTION(() => {
      this.CONSUME(Packed);
      return this.CONSUME(Text);
    }),
  );

  /** A block with its braces. */
  protected readonly block: ParserMethod<[], BlockSyntax> = this.RULE('block', () => {
    const body: InstructionSyntax[] = [];
    let results: IToken[] = [];
    this.CONSUME(LBrace);
    this.MANY(() => {
      body.push(this.SUBRULE(this.instruction));
    });
    this.OPTION(() => {
      this.CONSUME(Yield);
      results = this.SUBRULE(this.values);
    });
    this.CONSUME(RBrace);
    return { body, results };
  });

  protected readonly value: ParserMethod<[], IToken> = this.RULE('value', () =>
    this.OR([
      { ALT: () => this.CONSUME(ValueName) },
      { ALT: () => this.CONSUME(NumberToken) },
      { ALT: () => this.CONSUME(True) },
      { ALT: () => this.CONSUME(False) },
    ]),
  );

  protected readonly values: ParserMethod<[], IToken[]> = this.RULE('values', () => {
    const values: IToken[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      DEF: () => {
        values.push(this.SUBRULE(this.value));
      },
    });
    return values;
  });

  protected readonly instruction: ParserMethod<[], InstructionSyntax> = this.RULE('instruction', () =>
    this.OR<InstructionSyntax>([
      { ALT: () => this.SUBRULE(this.store) },
      {
        ALT: () => {
          const results: IToken[] = [];
          this.AT_LEAST_ONE_SEP({
            SEP: Comma,
            DEF: () => {
              results.push(this.CONSUME(ValueName));
            },
          });
          this.CONSUME(Equals);
          return this.OR2<InstructionSyntax>([
            { ALT: () => this.SUBRULE(this.load, { ARGS: [results] }) },
            { ALT: () => this.SUBRULE(this.compute, { ARGS: [results] }) },
            { ALT: () => this.SUBRULE(this.loop, { ARGS: [results] }) },
            { ALT: () => this.SUBRULE(this.conditional, { ARGS: [results] }) },
          ]);
        },
      },
      { ALT: () => this.SUBRULE2(this.loop, { ARGS: [[]] }) },
      { ALT: () => this.SUBRULE2(this.conditional, { ARGS: [[]] }) },
    ]),
  );

  protected readonly place: ParserMethod<[], PlaceSyntax> = this.RULE('place', () => {
    const buffer = this.CONSUME(ValueName);
    const index = this.OR([
      { ALT: () => this.CONSUME(List) },
      {
        ALT: () => {
          this.CONSUME(LBracket);
          const value = this.SUBRULE(this.value);
          this.CONSUME(RBracket);
          return value;
        },
      },
    ]);
    return { buffer, index };
  });

  protected readonly align: ParserMethod<[], IToken | undefined> = this.RULE('align', () =>
    this.OPTION(() => {
      this.CONSUME(Align);
      return this.CONSUME(NumberToken);
    }),
  );

  protected readonly store: ParserMethod<[], InstructionSyntax> = this.RULE('store', (): InstructionSyntax => {
    const at = this.CONSUME(Store);
    const place = this.SUBRULE(this.place);
    this.CONSUME(Comma);
    const value = this.SUBRULE(this.value);
    return { kind: 'store', at, place, value, align: this.SUBRULE(this.align) };
  });

  protected readonly load: ParserMethod<[IToken[]], InstructionSyntax> = this.RULE(
    'load',
    (results: IToken[]): InstructionSyntax => {
      const at = this.CONSUME(Load);
      const place = this.SUBRULE(this.place);
      const align = this.SUBRULE(this.align);
      this.CONSUME(Colon);
      return { kind: 'load', at, results, place, align, type: this.CONSUME(Word) };
    },
  );

  protected readonly compute: ParserMethod<[IToken[]], InstructionSyntax> = this.RULE(
    'compute',
    (results: IToken[]): InstructionSyntax => {
      const at = this.CONSUME(Word);
      const operands = this.SUBRULE(this.values);
      const lanes = this.OPTION(() => {
        this.CONSUME(Lanes);
        return this.CONSUME(List);
      });
      const rounding = this.OPTION2(() => {
        this.CONSUME(RoundingWord);
        return this.CONSUME2(Word);
      });
      this.CONSUME(Colon);
      return { kind: 'compute', at, results, operands, lanes, rounding, type: this.CONSUME3(Word) };
    },
  );

  protected readonly loop: ParserMethod<[IToken[]], InstructionSyntax> = this.RULE(
    'loop',
    (results: IToken[]): InstructionSyntax => {
      const carried: Carried[] = [];
      const at = this.OR([
        { ALT: () => this.CONSUME(For) },
        { ALT: () => this.CONSUME(Unrolled) },
        { ALT: () => this.CONSUME(Parallel) },
      ]);
      const counter = this.CONSUME(ValueName);
      this.CONSUME(Equals);
      const lower = this.SUBRULE(this.value);
      this.CONSUME(To);
      const upper = this.SUBRULE2(this.value);
      const step = this.OPTION(() => {
        this.CONSUME(Step);
        return this.CONSUME(NumberToken);
      });
      this.OPTION2(() => {
        this.CONSUME(Carry);
        this.CONSUME(LParen);
        this.AT_LEAST_ONE_SEP({
          SEP: Comma,
          DEF: () => {
            const value = this.CONSUME2(ValueName);
            this.CONSUME2(Equals);
            const init = this.SUBRULE3(this.value);
            this.CONSUME(Colon);
            carried.push({ value, init, type: this.CONSUME(Word) });
          },
        });
        this.CONSUME(RParen);
      });
      const block = this.SUBRULE(this.block);
      return { kind: 'for', at, results, counter, lower, upper, step, carried, block };
    },
  );

  protected readonly conditional: ParserMethod<[IToken[]], InstructionSyntax> = this.RULE(
    'conditional',
    (results: IToken[]): InstructionSyntax => {
      const at = this.CONSUME(If);
      const condition = this.SUBRULE(this.value);
      const consequent = this.SUBRULE(this.block);
      const alternate = this.OPTION(() => {
        this.CONSUME(Else);
        return this.SUBRULE2(this.block);
      });
      return { kind: 'if', at, results, condition, consequent, alternate };
    },
  );
}
