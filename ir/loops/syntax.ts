// The syntax trees of the loop IR's text: what the grammar found, names not yet resolved and nothing yet checked.
import type { Token, TypeSyntax } from '../syntax.ts';

/** `name[index]`; the index is a value, a literal, or a one-element list (`[5]` is one token). */
export interface PlaceSyntax {
  readonly buffer: Token;
  readonly index: Token;
}

/** What stands behind `=`, or alone where it defines nothing. */
export type InstructionSyntax =
  | {
      readonly kind: 'compute';
      readonly at: Token;
      readonly results: readonly Token[];
      readonly operands: readonly Token[];
      readonly lanes: Token | undefined;
      readonly rounding: Token | undefined;
      readonly type: Token;
    }
  | {
      readonly kind: 'load';
      readonly at: Token;
      readonly results: readonly Token[];
      readonly place: PlaceSyntax;
      readonly align: Token | undefined;
      readonly type: Token;
    }
  | {
      readonly kind: 'store';
      readonly at: Token;
      readonly place: PlaceSyntax;
      readonly value: Token;
      readonly align: Token | undefined;
    }
  | {
      readonly kind: 'for';
      readonly at: Token;
      readonly results: readonly Token[];
      readonly counter: Token;
      readonly lower: Token;
      readonly upper: Token;
      readonly step: Token | undefined;
      readonly carried: readonly { readonly value: Token; readonly init: Token; readonly type: Token }[];
      readonly block: BlockSyntax;
    }
  | {
      readonly kind: 'if';
      readonly at: Token;
      readonly results: readonly Token[];
      readonly condition: Token;
      readonly consequent: BlockSyntax;
      readonly alternate: BlockSyntax | undefined;
    };

export interface BlockSyntax {
  readonly body: readonly InstructionSyntax[];
  readonly results: readonly Token[];
}

export interface BufferSyntax {
  readonly name: Token;
  readonly role: Token;
  readonly element: Token;
  readonly varies: boolean;
  readonly length: Token;
  readonly packing: Token | undefined;
}

export interface KernelSyntax {
  readonly name: Token;
  readonly buffers: readonly BufferSyntax[];
  readonly scalars: readonly { readonly name: Token; readonly type: Token }[];
  readonly comment: Token | undefined;
  readonly body: BlockSyntax;
}

export interface StorageSyntax {
  readonly storage: Token;
  readonly name: Token;
  readonly data: Token | undefined;
  readonly element: Token;
  readonly length: Token;
  readonly packing: Token | undefined;
  readonly offset: Token | undefined;
  readonly tensor: { readonly name: Token; readonly type: TypeSyntax } | undefined;
}

export interface CallSyntax {
  readonly kernel: Token;
  readonly args: readonly { readonly storage: Token; readonly offset: Token | undefined }[];
  readonly scalars: readonly Token[];
  readonly location: Token | undefined;
}

export interface ProgramSyntax {
  readonly name: Token;
  readonly arena: { readonly bytes: Token; readonly bound: Token } | undefined;
  readonly storages: readonly StorageSyntax[];
  readonly calls: readonly CallSyntax[];
}

export interface LoopsSyntax {
  readonly kernels: readonly KernelSyntax[];
  readonly programs: readonly ProgramSyntax[];
}
