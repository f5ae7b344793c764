// What an exporter says when a file format cannot hold an operator: collected over the whole program, so that a user
// sees at once everything that stands in the way.
import { CompileError, type Diagnostic } from '../../ir/diagnostics.ts';
import type { Op } from '../../ir/module.ts';

/** Thrown by an operator's writer: why the format has no form of this use of it, a clause behind "it". */
export class NoForm extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NoForm';
  }
}

/** Refuses an operator; see {@link NoForm}. */
export function noForm(reason: string): never {
  throw new NoForm(reason);
}

/** Operators that a format cannot hold, as they are found. */
export class Refusals {
  private readonly format: string;
  private readonly found: Diagnostic[] = [];

  constructor(format: string) {
    this.format = format;
  }

  /** Runs `write`; false, with the reason kept, where it finds no form. */
  attempt(op: Op, write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (!(error instanceof NoForm)) throw error;
      this.found.push({
        code: 'I8C0502',
        severity: 'error',
        where: op.location === '' ? op.definition.name : op.location,
        message: `${this.format} has no form of the operator ${op.definition.name} here: it ${error.message}.`,
        hint: 'Keep what computes it out of the program, or write another format.',
      });
      return false;
    }
  }

  /** @throws CompileError I8C0502, one error for each operator that was refused. */
  throwAny(): void {
    if (this.found.length > 0) throw new CompileError(this.found);
  }
}
