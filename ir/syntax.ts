// The syntax trees of the tensor IR's text: what the grammar found, names not yet resolved and nothing yet checked.

/** A token, as far as the rest of the compiler sees it (chevrotain's IToken has these fields). */
export interface Token {
  readonly image: string;
  readonly startOffset: number;
}

/** `name=value` in angle brackets, where the value is one token: a number, a list or a word. */
export interface Setting {
  readonly name: Token;
  readonly value: Token;
}

/** `tensor<1x2xi8, quant<...>>`. */
export interface TypeSyntax {
  readonly at: Token;
  /** `1x2xi8` or `i8`. */
  readonly shaped: Token;
  readonly quant: readonly Setting[] | undefined;
}

export type AttributeSyntax =
  | { readonly kind: 'token'; readonly token: Token }
  | { readonly kind: 'content'; readonly token: Token; readonly type: TypeSyntax | undefined }
  | { readonly kind: 'settings'; readonly token: Token; readonly settings: readonly Setting[] };

export interface OpSyntax {
  readonly results: readonly Token[];
  readonly name: Token;
  /** Values, or `_` for absent ones. */
  readonly operands: readonly Token[];
  readonly attributes: readonly { readonly name: Token; readonly value: AttributeSyntax }[];
  /** Empty where the text leaves the types to the operator's rule. */
  readonly types: readonly TypeSyntax[];
  readonly location: Token | undefined;
}

/** `%x "user's name": type`. */
export interface PortSyntax {
  readonly value: Token;
  readonly name: Token | undefined;
  readonly type: TypeSyntax;
}

export interface StateSyntax extends PortSyntax {
  readonly initial: Token;
}

export interface FuncSyntax {
  readonly name: Token;
  readonly inputs: readonly PortSyntax[];
  readonly states: readonly StateSyntax[];
  readonly ops: readonly OpSyntax[];
  readonly end: Token;
  readonly outputs: readonly { readonly value: Token; readonly name: Token | undefined }[];
  readonly next: readonly Token[];
}

export interface ModuleSyntax {
  readonly name: Token;
  readonly rounding: Token | undefined;
  readonly functions: readonly FuncSyntax[];
}
