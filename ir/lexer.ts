// The tokens that the text forms of both IRs share, and the scanner that makes them.
//
// The scanner is written by hand rather than left to chevrotain: number lists and tensor contents become one token each,
// however long, and the number of tokens is bounded, so that a hostile text costs memory in proportion to its size.
import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import { shorten } from './content-text.ts';
import type { SourceText } from './source-text.ts';

const token = (name: string, label: string, categories: TokenType[] = []) =>
  createToken({ name, label, pattern: Lexer.NA, categories });

/** Any word at all, those that begin a statement included: names of operators and attributes are free. */
export const AnyWord = token('AnyWord', 'a word');
/** A word that begins no statement of the loop IR: an opcode, an element type, `half-even`. */
export const Word = token('Word', 'a word', [AnyWord]);
/** `%x` or `%"any text"`. */
export const ValueName = token('ValueName', 'a value (%name)');
/** `@f` or `@"any text"`. */
export const SymbolName = token('SymbolName', 'a name (@name)');
/** A JSON string. */
export const Text = token('Text', 'a string');
/** `1`, `-2.5e-3`, `inf`, `nan`, and `5i64` for a 64-bit constant of the loop IR. */
export const NumberToken = token('Number', 'a number');
/** `[1, 2]`: anything in brackets without values, strings and further brackets. */
export const List = token('List', 'a list of numbers');
/** `1x49x10x1xi8`. */
export const Shaped = token('Shaped', 'a shape with an element type');
/** `dense<[...]>`, `splat<0>`, `resource<"...">`. */
export const Content = token('Content', 'dense<...>, splat<...> or resource<...>');

export const LParen = token('LParen', "'('");
export const RParen = token('RParen', "')'");
export const LBrace = token('LBrace', "'{'");
export const RBrace = token('RBrace', "'}'");
export const LBracket = token('LBracket', "'['");
export const RBracket = token('RBracket', "']'");
export const LAngle = token('LAngle', "'<'");
export const RAngle = token('RAngle', "'>'");
export const Comma = token('Comma', "','");
export const Colon = token('Colon', "':'");
export const Semicolon = token('Semicolon', "';'");
export const Equals = token('Equals', "'='");
export const Plus = token('Plus', "'+'");

const punctuation: Readonly<Record<string, TokenType>> = {
  '(': LParen,
  ')': RParen,
  '{': LBrace,
  '}': RBrace,
  ']': RBracket,
  '<': LAngle,
  '>': RAngle,
  ',': Comma,
  ':': Colon,
  ';': Semicolon,
  '=': Equals,
  '+': Plus,
};

/** Token types of words, by the word. */
const words = new Map<string, TokenType>();

function word(text: string, categories: TokenType[]): TokenType {
  // Chevrotain wants token names apart from rule names, hence the capitals.
  const type = token(text.toUpperCase(), `'${text}'`, categories);
  words.set(text, type);
  return type;
}

/** Words that begin a statement; no opcode has such a name. */
const reservedWord = (text: string) => word(text, [AnyWord]);
export const Module = reservedWord('module');
export const FuncWord = reservedWord('func');
export const Return = reservedWord('return');
export const KernelWord = reservedWord('kernel');
export const Program = reservedWord('program');
export const CallWord = reservedWord('call');
export const Load = reservedWord('load');
export const Store = reservedWord('store');
export const For = reservedWord('for');
export const Unrolled = reservedWord('unrolled');
export const Parallel = reservedWord('parallel');
export const If = reservedWord('if');
export const Else = reservedWord('else');
export const Yield = reservedWord('yield');

/** Words that mean something in one place only, and are ordinary words everywhere else. */
const contextualWord = (text: string) => word(text, [Word]);
export const Absent = contextualWord('_');
export const True = contextualWord('true');
export const False = contextualWord('false');
export const RoundingWord = contextualWord('rounding');
export const StateWord = contextualWord('state');
export const Next = contextualWord('next');
export const Loc = contextualWord('loc');
export const TensorWord = contextualWord('tensor');
export const Quant = contextualWord('quant');
export const To = contextualWord('to');
export const Step = contextualWord('step');
export const Carry = contextualWord('carry');
export const Align = contextualWord('align');
export const Lanes = contextualWord('lanes');
export const Packed = contextualWord('packed');
export const Varies = contextualWord('varies');
export const At = contextualWord('at');
export const As = contextualWord('as');
export const Arena = contextualWord('arena');
export const Bound = contextualWord('bound');

/** Every token type, as chevrotain wants them. */
export const tokenTypes: TokenType[] = [
  ...[AnyWord, Word, ValueName, SymbolName, Text, NumberToken, List, Shaped, Content, LBracket],
  ...Object.values(punctuation),
  ...words.values(),
];

/** Longest text, in characters, and most tokens. A token takes some 100 bytes. */
const maxLength = 2 ** 28;
const maxTokens = 2_000_000;
/** Deepest nesting of braces: the parser recurses once for each. */
export const maxNesting = 100;

const wordPattern = /[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*/y;
const namePattern = /[A-Za-z0-9_]+/y;
const numberPattern = /-?(?:(?:inf|nan)(?![A-Za-z0-9_])|[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?:i64)?)/y;
const shapedPattern = /[0-9]+(?:x[0-9]+)*x[a-z][a-z0-9]*/y;

class Scanner {
  private readonly source: SourceText;
  private readonly text: string;
  private readonly tokens: IToken[] = [];
  private at = 0;
  private nesting = 0;

  constructor(source: SourceText) {
    this.source = source;
    this.text = source.text;
  }

  scan(): IToken[] {
    if (this.text.length > maxLength) {
      this.source.fail('I8C0004', 0, `the text has ${this.text.length} characters; ${maxLength} is the limit`);
    }
    while (this.skipBlank()) {
      if (this.tokens.length >= maxTokens) {
        this.source.fail('I8C0004', this.at, `the text has more than ${maxTokens} words and signs`);
      }
      this.next();
    }
    return this.tokens;
  }

  /** Moves to the next token; false at the end. */
  private skipBlank(): boolean {
    for (; this.at < this.text.length; this.at++) {
      const c = this.text[this.at]!;
      if (c === '/' && this.text[this.at + 1] === '/') {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length - 1 : end;
      } else if (c !== ' ' && c !== '\n' && c !== '\t' && c !== '\r') return true;
    }
    return false;
  }

  private next(): void {
    const c = this.text[this.at]!;
    if (c === '"') this.push(Text, this.endOfString(this.at));
    else if (c === '%') this.push(ValueName, this.endOfName());
    else if (c === '@') this.push(SymbolName, this.endOfName());
    else if (c === '[') this.bracket();
    else if (/[A-Za-z_]/.test(c)) this.word();
    else if (/[-0-9]/.test(c)) this.number();
    else this.sign(c);
  }

  private push(type: TokenType, end: number): void {
    const image = this.text.slice(this.at, end);
    this.tokens.push({
      image,
      startOffset: this.at,
      endOffset: end - 1,
      tokenType: type,
      tokenTypeIdx: type.tokenTypeIdx!,
    });
    this.at = end;
  }

  private unexpected(what: string): never {
    return this.source.fail('I8C0101', this.at, what);
  }

  private endOf(pattern: RegExp): number {
    pattern.lastIndex = this.at;
    return pattern.test(this.text) ? pattern.lastIndex : -1;
  }

  /** The offset behind a string that starts at `from`; strings stay on one line, so a lost quote is found early. */
  private endOfString(from: number): number {
    for (let i = from + 1; i < this.text.length; i++) {
      const c = this.text[i]!;
      if (c === '"') return i + 1;
      if (c === '\n') break;
      if (c === '\\') i++;
    }
    return this.source.fail('I8C0101', from, 'this string does not end on its line');
  }

  private endOfName(): number {
    if (this.text[this.at + 1] === '"') return this.endOfString(this.at + 1);
    namePattern.lastIndex = this.at + 1;
    return namePattern.test(this.text)
      ? namePattern.lastIndex
      : this.unexpected(`expected a name after '${this.text[this.at]}'`);
  }

  /** A list where the bracket holds one, else the bracket alone. */
  private bracket(): void {
    const end = this.endOfEnclosed(']', '[%"{}<>');
    if (end === undefined) this.push(LBracket, this.at + 1);
    else this.push(List, end);
  }

  /** The offset behind `close`, or undefined when a forbidden character or the end comes first. */
  private endOfEnclosed(close: string, forbidden: string): number | undefined {
    for (let i = this.at + 1; i < this.text.length; i++) {
      const c = this.text[i]!;
      if (c === close) return i + 1;
      if (forbidden.includes(c)) return undefined;
      if (c === '/' && this.text[i + 1] === '/') {
        const end = this.text.indexOf('\n', i);
        if (end < 0) return undefined;
        i = end;
      }
    }
    return undefined;
  }

  private word(): void {
    const end = this.endOf(wordPattern);
    const word = this.text.slice(this.at, end);
    if (word === 'inf' || word === 'nan') this.push(NumberToken, end);
    else if (this.text[end] === '<' && (word === 'dense' || word === 'splat' || word === 'resource')) {
      const close = this.endOfEnclosed('>', '{}');
      if (close === undefined) this.unexpected(`${word}<...> does not end`);
      else this.push(Content, close);
    } else this.push(words.get(word) ?? Word, end);
  }

  private number(): void {
    const shaped = this.endOf(shapedPattern);
    if (shaped > 0) {
      this.push(Shaped, shaped);
      return;
    }
    const end = this.endOf(numberPattern);
    if (end < 0 || /[A-Za-z0-9_.]/.test(this.text[end] ?? '')) {
      this.unexpected(`expected a number, found ${shorten(this.text.slice(this.at, this.at + 20).split(/\s/)[0]!)}`);
    }
    this.push(NumberToken, end);
  }

  private sign(c: string): void {
    const type = punctuation[c];
    if (type === undefined) this.unexpected(`unexpected character ${JSON.stringify(c)}`);
    if (type === LBrace && ++this.nesting > maxNesting) this.unexpected(`braces nest deeper than ${maxNesting}`);
    if (type === RBrace) this.nesting--;
    this.push(type, this.at + 1);
  }
}

/** The tokens of a text. Throws I8C0101 for characters that form none, I8C0004 for a text beyond all measure. */
export function tokenize(source: SourceText): IToken[] {
  return new Scanner(source).scan();
}
