// Diagnostics: what int8c says to its user. Every message carries a stable code from the table below, the place in
// the user's model it is about, and a way out.

export type Severity = 'error' | 'warning' | 'note';

/** Every diagnostic code, with the meaning that `docs/diagnostics.md` prints. Codes are never reused. */
export const diagnosticCodes = {
  // 00xx: bytes that cannot be read
  I8C0001: 'The file is not in a format that int8c reads.',
  I8C0002: 'The file is damaged: an offset, length or type in it points outside the file or contradicts another.',
  I8C0003: 'The file uses a version of its format that int8c does not read.',
  I8C0004: 'The model needs more memory than int8c allows for one tensor or one program.',
  I8C0005: 'A file that the model or the command names cannot be read or written.',
  // 01xx: the textual IR
  I8C0101: 'The textual IR does not parse.',
  I8C0102: 'The IR does not verify: an operator is used against its own rules.',
  I8C0103: 'A weight resource that the textual IR names is missing or does not match its hash.',
  // 02xx: models that int8c does not (fully) support
  I8C0201: 'The model uses an operator that int8c does not know.',
  I8C0202: 'The model uses an operator with element types that int8c does not support for it.',
  I8C0203: 'The model uses an operator with an attribute value that int8c does not support.',
  I8C0204: 'A shape is not known at compile time.',
  I8C0205: 'An operator needs a constant operand, and the model computes it at run time.',
  I8C0206: 'The model uses control flow that cannot be resolved at compile time.',
  I8C0207: 'The model contradicts the rules of an operator it uses (shapes, types, number of operands).',
  I8C0208: 'A quantization parameter is missing or impossible.',
  // 03xx: notes on numerics
  I8C0301: 'An accumulator may not fit 32 bits; the layer uses 64-bit accumulation.',
  I8C0302: 'An operator stays in floating point.',
  I8C0303: 'The model uses an element type that int8c computes in another one.',
  // 04xx: the command line and the library face
  I8C0401: 'The command line is not understood.',
  I8C0402: 'An input does not have the shape, type or name that the program expects.',
  I8C0403: 'A name given by the user is not in the model.',
  I8C0404: 'A target was asked for that int8c does not have.',
  I8C0405: 'The name asked for a program is not an identifier.',
  I8C0406: 'A WGSL program was to be run where there is no WebGPU, or no adapter for it.',
  I8C0407: 'This machine lacks something that was asked for: an instruction, a clock, a flag of the C compiler.',
  I8C0408: 'What was asked of quantization, a budget of memory or a greatest loss, cannot be met.',
  // 05xx: what a target can hold
  I8C0501: 'The program needs more of its device than every device of the target has.',
  I8C0502: 'The file format that was asked for has no form of an operator of the program.',
  // 09xx: int8c itself
  I8C0901: 'An internal error: int8c broke one of its own rules.',
} as const;

export type DiagnosticCode = keyof typeof diagnosticCodes;

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** What is wrong, in one sentence without a trailing hint. */
  readonly message: string;
  /** The operator, tensor or byte range in the user's model, for example `CONV_2D #3 "model/conv1"`. */
  readonly where?: string;
  /** What the user can do about it. */
  readonly hint?: string;
}

/** Longest stretch of a user's own text (names in a model) that a message repeats. */
const maxQuoted = 120;

/** Quotes a name out of a user's model for a message: control characters escaped, length bounded. */
export function quoteName(name: string): string {
  const shown = name.length > maxQuoted ? `${name.slice(0, maxQuoted)}...` : name;
  // JSON leaves some control characters be, and those that turn the direction of text around.
  return JSON.stringify(shown).replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** One line per diagnostic: `error[I8C0203] CONV_2D #3 "x": message. hint`. */
export function formatDiagnostic(d: Diagnostic): string {
  const where = d.where === undefined ? '' : `${d.where}: `;
  const hint = d.hint === undefined ? '' : ` ${d.hint}`;
  return `${d.severity}[${d.code}] ${where}${d.message}${hint}`;
}

/** The one error type that int8c throws for the input's or the user's fault; carries every finding, not the first. */
export class CompileError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.name = 'CompileError';
    this.diagnostics = diagnostics;
  }
}

/** Where and how to mend, for {@link fail}. */
export interface DiagnosticContext {
  where?: string;
  hint?: string;
}

/** Throws a {@link CompileError} with one error. */
export function fail(code: DiagnosticCode, message: string, context: DiagnosticContext = {}): never {
  throw new CompileError([{ code, severity: 'error', message, ...context }]);
}

/** Throws for a broken rule of int8c's own: never the user's fault. */
export function internalError(message: string): never {
  throw new Error(`internal error[I8C0901]: ${message}`);
}
