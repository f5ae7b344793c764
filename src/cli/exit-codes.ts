// Exit codes of the command, and how a thrown error becomes one.
import { CompileError, type Diagnostic, type DiagnosticCode } from '../../ir/diagnostics.ts';

export const exitCodes = {
  done: 0,
  /** The model, or another file that was given, is at fault. */
  input: 1,
  commandLine: 2,
  /** int8c itself is (EX_SOFTWARE of sysexits.h). */
  internal: 70,
} as const;

/** Errors that another command line would mend. */
const commandLineCodes: ReadonlySet<DiagnosticCode> = new Set(['I8C0401', 'I8C0403', 'I8C0404', 'I8C0405']);

export interface Failure {
  readonly exitCode: number;
  readonly diagnostics: readonly Diagnostic[];
  /** Where int8c itself failed. */
  readonly trace?: string | undefined;
}

/** Lines of a stack trace that help to find a fault. */
const traceLines = 8;

/** What to tell the user about an error, and how to exit. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CompileError) {
    const mistaken = error.diagnostics.every((d) => d.severity !== 'error' || commandLineCodes.has(d.code));
    return { exitCode: mistaken ? exitCodes.commandLine : exitCodes.input, diagnostics: error.diagnostics };
  }
  const text = error instanceof Error ? error.message : String(error);
  const message = text.replace(/^internal error\[I8C0901\]: /, '');
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    exitCode: exitCodes.internal,
    diagnostics: [{ code: 'I8C0901', severity: 'error', message }],
    trace: places.slice(0, traceLines).join('\n'),
  };
}
