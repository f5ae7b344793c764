// docs/diagnostics.md: every diagnostic code.
import { diagnosticCodes } from '../../ir/diagnostics.ts';
import { generatedNote, table } from './markdown.ts';

export function diagnosticsDocument(): string {
  return `${generatedNote}
# Diagnostics

Every message names a stable code, the operator or tensor of the model that it is about, and what can be done:

\`\`\`
error[I8C0201] CUSTOM:SignalWindow #0 "window": int8c does not know the operator CUSTOM:SignalWindow. ...
\`\`\`

Exit codes of the command line: 0 done, 1 the input is at fault, 2 the command line is, 70 int8c itself is.

${table(['code', 'meaning'], Object.entries(diagnosticCodes))}
`;
}
