// docs/operators.md: every operator of the tensor IR, from its own declaration.
import type { AttributeKind, AttributeSchema, AttributeValue } from '../../ir/attributes.ts';
import { formatAttribute } from '../../ir/attributes.ts';
import type { OperandSpec } from '../../ir/define-op.ts';
import type { AnyOpDefinition } from '../../ir/module.ts';
import { operators } from '../../ir/ops/index.ts';
import { generatedNote, table } from './markdown.ts';

function operandText({ name, doc, optional, variadic }: OperandSpec): string {
  const kind = variadic ? ' (any number)' : optional ? ' (optional)' : '';
  return `- \`${name}\`${kind}: ${doc}`;
}

function attributeText(name: string, kind: AttributeKind<AttributeValue>): string {
  const type = kind.words === undefined ? kind.kind : kind.words.join(' or ');
  const fallback = kind.fallback === undefined ? '' : `, default ${formatAttribute(kind, kind.fallback)}`;
  return `- \`${name}\` (${type}${kind.optional ? ', optional' : ''}${fallback}): ${kind.doc}`;
}

/** How an operator comes to run. */
function formsOf(d: AnyOpDefinition): string[] {
  const runs = d.view ? 'view: no code' : d.lower === undefined ? 'constant' : 'loops';
  return [
    d.integer === undefined ? '' : 'rewritten to integer operators',
    d.reference === undefined ? '' : 'yes',
    d.operands.length === 0 ? 'constant' : runs,
    d.inPlace === undefined ? '' : 'may be',
  ];
}

function section(d: AnyOpDefinition): string {
  const schema = Object.entries(d.attributes as AttributeSchema);
  const attributes = schema.map(([name, kind]) => attributeText(name, kind));
  return [
    `### ${d.name}`,
    d.doc,
    ...(d.operands.length === 0 ? [] : [['Operands:', '', ...d.operands.map(operandText)].join('\n')]),
    ...(attributes.length === 0 ? [] : [['Attributes:', '', ...attributes].join('\n')]),
  ].join('\n\n');
}

export function operatorsDocument(): string {
  const all = [...operators.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const matrix = all.map((d) => [`[${d.name}](#${d.name})`, ...formsOf(d)]);
  return `${generatedNote}
# Operators of the tensor IR

One file in \`ir/ops\` declares each. Backends print the loops that an operator lowers to and know nothing else of it, so
an operator that has loops runs on every target.

${table(['operator', 'quantized form', 'reference', 'compiled as', 'in place'], matrix)}

${all.map(section).join('\n\n')}
`;
}
