// docs/opcodes.md: the computing instructions of the loop IR.
import { opcodes } from '../../ir/loops/opcodes.ts';
import { generatedNote, table } from './markdown.ts';

export function opcodesDocument(): string {
  const rows = Object.entries(opcodes).map(([name, row]) => [`\`${name}\``, String(row.operands), row.doc]);
  return `${generatedNote}
# Instructions of the loop IR

Beside \`for\`, \`if\`, \`load\` and \`store\` (docs/ir.md), a kernel computes with these. Unless a row says otherwise, an
instruction works lane by lane on scalars (\`bool i32 i64 f32\`) and on vectors (\`i8x16\`, \`i32x4\` ...). Every backend
spells every row, and the filetests hold each spelling to the interpreter.

${table(['instruction', 'operands', 'meaning'], rows)}
`;
}
