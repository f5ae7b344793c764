// Reads the text form of the tensor IR: this file is its grammar, elaborate.ts gives the syntax its meaning.
//
//   module     := 'module' @name ['rounding' '=' WORD] func*
//   func       := 'func' @name '(' [port (',' port)*] ')' ['state' '(' state (',' state)* ')'] '{' op* return '}'
//   port       := %value [STRING] ':' type
//   state      := %value [STRING] '=' content ':' type
//   op         := %value (',' %value)* '=' WORD [operand (',' operand)*] ['{' [attribute (',' attribute)*] '}']
//                 [':' type (',' type)*] ['loc' STRING]
//   operand    := %value | '_'
//   attribute  := WORD '=' (NUMBER | LIST | STRING | WORD | content [':' type] | '<' settings '>')
//   return     := 'return' [output (',' output)*] ['next' '(' %value (',' %value)* ')']
//   output     := %value [STRING]
//   type       := 'tensor' '<' (SHAPED | WORD) [',' 'quant' '<' settings '>'] '>'
//   settings   := WORD '=' (NUMBER | LIST | WORD) (',' ...)*
//   content    := 'dense' '<' LIST '>' | 'splat' '<' NUMBER '>' | 'resource' '<' STRING '>'
//
// `//` begins a comment. Chevrotain is loaded with this file, so import it only where text is read.
import type { IToken, ParserMethod } from 'chevrotain';
import { elaborateModule } from './elaborate.ts';
import { SharedGrammar } from './grammar.ts';
import {
  Absent,
  AnyWord,
  Colon,
  Comma,
  Equals,
  FuncWord,
  LAngle,
  LBrace,
  List,
  Loc,
  LParen,
  Module as ModuleWord,
  Next,
  NumberToken,
  RAngle,
  RBrace,
  Return,
  RoundingWord,
  RParen,
  StateWord,
  SymbolName,
  Text,
  ValueName,
  Word,
} from './lexer.ts';
import type { AnyOpDefinition, Module } from './module.ts';
import { operators } from './ops/index.ts';
import type { Resources } from './resources.ts';
import { SourceText } from './source-text.ts';
import type {
  AttributeSyntax,
  FuncSyntax,
  ModuleSyntax,
  OpSyntax,
  PortSyntax,
  StateSyntax,
  TypeSyntax,
} from './syntax.ts';

class TensorGrammar extends SharedGrammar {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  parse(source: SourceText): ModuleSyntax {
    return this.parseAll(source, () => this.module());
  }

  private readonly module: ParserMethod<[], ModuleSyntax> = this.RULE('module', () => {
    this.CONSUME(ModuleWord);
    const name = this.CONSUME(SymbolName);
    const rounding = this.OPTION(() => {
      this.CONSUME(RoundingWord);
      this.CONSUME(Equals);
      return this.CONSUME(Word);
    });
    const functions: FuncSyntax[] = [];
    this.MANY(() => {
      functions.push(this.SUBRULE(this.func));
    });
    return { name, rounding, functions };
  });

  private readonly func: ParserMethod<[], FuncSyntax> = this.RULE('func', () => {
    this.CONSUME(FuncWord);
    const name = this.CONSUME(SymbolName);
    const inputs: PortSyntax[] = [];
    const states: StateSyntax[] = [];
    const ops: OpSyntax[] = [];
    this.CONSUME(LParen);
    this.MANY_SEP({
      SEP: Comma,
      DEF: () => {
        inputs.push(this.SUBRULE(this.port));
      },
    });
    this.CONSUME(RParen);
    this.OPTION(() => {
      this.CONSUME(StateWord);
      this.CONSUME2(LParen);
      this.AT_LEAST_ONE_SEP({
        SEP: Comma,
        DEF: () => {
          states.push(this.SUBRULE(this.state));
        },
      });
      this.CONSUME2(RParen);
    });
    this.CONSUME(LBrace);
    this.MANY(() => {
      ops.push(this.SUBRULE(this.op));
    });
    const ending = this.SUBRULE(this.ending);
    this.CONSUME(RBrace);
    return { name, inputs, states, ops, ...ending };
  });

  private readonly port: ParserMethod<[], PortSyntax> = this.RULE('port', () => {
    const value = this.CONSUME(ValueName);
    const name = this.OPTION(() => this.CONSUME(Text));
    this.CONSUME(Colon);
    return { value, name, type: this.SUBRULE(this.type) };
  });

  private readonly state: ParserMethod<[], StateSyntax> = this.RULE('state', () => {
    const value = this.CONSUME(ValueName);
    const name = this.OPTION(() => this.CONSUME(Text));
    this.CONSUME(Equals);
    const initial = this.SUBRULE(this.content);
    this.CONSUME(Colon);
    return { value, name, initial, type: this.SUBRULE(this.type) };
  });

  private readonly op: ParserMethod<[], OpSyntax> = this.RULE('op', () => {
    const results: IToken[] = [];
    const operands: IToken[] = [];
    const attributes: { name: IToken; value: AttributeSyntax }[] = [];
    const types: TypeSyntax[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      DEF: () => {
        results.push(this.CONSUME(ValueName));
      },
    });
    this.CONSUME(Equals);
    const name = this.CONSUME(AnyWord);
    this.MANY_SEP({
      SEP: Comma,
      DEF: () => {
        operands.push(this.OR([{ ALT: () => this.CONSUME2(ValueName) }, { ALT: () => this.CONSUME(Absent) }]));
      },
    });
    this.OPTION(() => {
      this.CONSUME(LBrace);
      this.MANY_SEP2({
        SEP: Comma,
        DEF: () => {
          const attribute = this.CONSUME2(AnyWord);
          this.CONSUME2(Equals);
          attributes.push({ name: attribute, value: this.SUBRULE(this.attribute) });
        },
      });
      this.CONSUME(RBrace);
    });
    this.OPTION2(() => {
      this.CONSUME(Colon);
      this.AT_LEAST_ONE_SEP2({
        SEP: Comma,
        DEF: () => {
          types.push(this.SUBRULE2(this.type));
        },
      });
    });
    const location = this.OPTION3(() => {
      this.CONSUME(Loc);
      return this.CONSUME(Text);
    });
    return { results, name, operands, attributes, types, location };
  });

  private readonly attribute: ParserMethod<[], AttributeSyntax> = this.RULE('attribute', () =>
    this.OR<AttributeSyntax>([
      { ALT: () => ({ kind: 'token', token: this.CONSUME(NumberToken) }) },
      { ALT: () => ({ kind: 'token', token: this.CONSUME(List) }) },
      { ALT: () => ({ kind: 'token', token: this.CONSUME(Text) }) },
      { ALT: () => ({ kind: 'token', token: this.CONSUME(AnyWord) }) },
      {
        ALT: () => {
          const token = this.SUBRULE(this.content);
          const type = this.OPTION(() => {
            this.CONSUME(Colon);
            return this.SUBRULE(this.type);
          });
          return { kind: 'content', token, type };
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(LAngle);
          const settings = this.SUBRULE(this.settings);
          this.CONSUME(RAngle);
          return { kind: 'settings', token, settings };
        },
      },
    ]),
  );

  private readonly ending: ParserMethod<[], Pick<FuncSyntax, 'end' | 'outputs' | 'next'>> = this.RULE('ending', () => {
    const outputs: { value: IToken; name: IToken | undefined }[] = [];
    const next: IToken[] = [];
    const end = this.CONSUME(Return);
    this.MANY_SEP({
      SEP: Comma,
      DEF: () => {
        const value = this.CONSUME(ValueName);
        const name = this.OPTION(() => this.CONSUME(Text));
        outputs.push({ value, name });
      },
    });
    this.OPTION2(() => {
      this.CONSUME(Next);
      this.CONSUME(LParen);
      this.AT_LEAST_ONE_SEP({
        SEP: Comma,
        DEF: () => {
          next.push(this.CONSUME2(ValueName));
        },
      });
      this.CONSUME(RParen);
    });
    return { end, outputs, next };
  });
}

/** Made on first use: the analysis of the grammar takes some milliseconds. */
let grammar: TensorGrammar | undefined;

/**
 * Reads a module. `resources` are the contents that the text names by hash (see {@link Resources}); `table` holds the
 * operators that the text may use. The module keeps every operator's rules. Throws CompileError: I8C0101 for text that
 * does not parse, I8C0102 for an operator used against its rules, I8C0103 for a missing resource, I8C0004 for a text that
 * asks for too much memory.
 */
export function parseModule(
  text: string,
  resources: Resources = new Map(),
  table: ReadonlyMap<string, AnyOpDefinition> = operators,
): Module {
  const source = new SourceText(text);
  grammar ??= new TensorGrammar();
  return elaborateModule(grammar.parse(source), source, resources, table);
}
