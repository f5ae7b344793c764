// A text that a user wrote, and how errors point into it.
import { type DiagnosticCode, fail } from './diagnostics.ts';

/** Line and column, both from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export class SourceText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Where an offset is; offsets past the end (or NaN, which chevrotain gives the end of input) are the end. */
  position(offset: number): TextPosition {
    const end = offset >= 0 && offset < this.text.length ? offset : this.text.length;
    let line = 1;
    let start = 0;
    for (let at = this.text.indexOf('\n'); at >= 0 && at < end; at = this.text.indexOf('\n', at + 1)) {
      line++;
      start = at + 1;
    }
    return { line, column: end - start + 1 };
  }

  /** `line 3:14`, as diagnostics name a place in a text. */
  place(offset: number): string {
    const { line, column } = this.position(offset);
    return `line ${line}:${column}`;
  }

  /** Throws a CompileError that points at `offset`; `message` comes without its full stop. */
  fail(code: DiagnosticCode, offset: number, message: string, hint?: string): never {
    const where = this.place(offset);
    return fail(code, `${message}.`, hint === undefined ? { where } : { where, hint });
  }
}
