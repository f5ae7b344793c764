// What the grammars of both IRs share: the rules for types and contents, and the wording of syntax errors.
import {
  EmbeddedActionsParser,
  type IParserErrorMessageProvider,
  type IToken,
  type ParserMethod,
  type TokenType,
  tokenLabel,
} from 'chevrotain';
import { shorten } from './content-text.ts';
import {
  Comma,
  Content,
  Equals,
  LAngle,
  List,
  NumberToken,
  Quant,
  RAngle,
  Shaped,
  TensorWord,
  tokenize,
  tokenTypes,
  Word,
} from './lexer.ts';
import type { SourceText } from './source-text.ts';
import type { Setting, TypeSyntax } from './syntax.ts';

const found = (token: IToken | undefined) =>
  token === undefined || Number.isNaN(token.startOffset) ? 'the end of the text' : shorten(token.image);

const oneOf = (types: readonly TokenType[]) => [...new Set(types.map(tokenLabel))].join(' or ');

/** Says what was expected and what was found, in the words of the token table. */
const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) => `expected ${tokenLabel(expected)}, found ${found(actual)}`,
  buildNotAllInputParsedMessage: ({ firstRedundant }) => `expected the end of the text, found ${found(firstRedundant)}`,
  buildNoViableAltMessage: ({ expectedPathsPerAlt, actual }) => {
    const first = expectedPathsPerAlt.flat().flatMap((path) => path.slice(0, 1));
    return `expected ${oneOf(first)}, found ${found(actual[0])}`;
  },
  buildEarlyExitMessage: ({ expectedIterationPaths, actual }) => {
    const first = expectedIterationPaths.flatMap((path) => path.slice(0, 1));
    return `expected ${oneOf(first)}, found ${found(actual[0])}`;
  },
};

export abstract class SharedGrammar extends EmbeddedActionsParser {
  constructor() {
    super(tokenTypes, { maxLookahead: 1, recoveryEnabled: false, errorMessageProvider: messages });
  }

  /** `name=value`, separated by commas. */
  protected readonly settings: ParserMethod<[], Setting[]> = this.RULE('settings', () => {
    const settings: Setting[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      DEF: () => {
        const name = this.CONSUME(Word);
        this.CONSUME(Equals);
        const value = this.OR([
          { ALT: () => this.CONSUME(NumberToken) },
          { ALT: () => this.CONSUME(List) },
          { ALT: () => this.CONSUME2(Word) },
        ]);
        settings.push({ name, value });
      },
    });
    return settings;
  });

  protected readonly type: ParserMethod<[], TypeSyntax> = this.RULE('type', () => {
    const at = this.CONSUME(TensorWord);
    this.CONSUME(LAngle);
    const shaped = this.OR([{ ALT: () => this.CONSUME(Shaped) }, { ALT: () => this.CONSUME(Word) }]);
    let quant: Setting[] | undefined;
    this.OPTION(() => {
      this.CONSUME(Comma);
      this.CONSUME(Quant);
      this.CONSUME2(LAngle);
      quant = this.SUBRULE(this.settings);
      this.CONSUME2(RAngle);
    });
    this.CONSUME(RAngle);
    return { at, shaped, quant };
  });

  protected readonly content: ParserMethod<[], IToken> = this.RULE('content', () => this.CONSUME(Content));

  /** Runs one rule over a whole text. Throws I8C0101 at the first syntax error. */
  protected parseAll<T>(source: SourceText, rule: () => T): T {
    this.input = tokenize(source);
    const result = rule();
    const error = this.errors[0];
    if (error !== undefined) source.fail('I8C0101', error.token.startOffset, error.message);
    return result;
  }
}
