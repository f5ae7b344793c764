// docs/onnx-support.md: which ONNX operators the importer knows, and which of the standard's node tests do not pass.
import { newestOpset, oldestOpset } from '../frontends/onnx/decode.ts';
import { knownOperators } from '../frontends/onnx/operators/index.ts';
import { generatedNote, table } from './markdown.ts';
import { nodeTestCount, nodeTestFailures } from './onnx-node-failures.ts';

/** Operators by domain; the default one is `ai.onnx`. */
function operatorsByDomain(): Map<string, string[]> {
  const domains = new Map<string, string[]>();
  for (const full of knownOperators()) {
    const dot = full.lastIndexOf('.');
    const domain = dot < 0 ? 'ai.onnx' : full.slice(0, dot);
    domains.set(domain, [...(domains.get(domain) ?? []), full.slice(dot + 1)]);
  }
  return domains;
}

export function onnxDocument(): string {
  const sections = [...operatorsByDomain()].map(
    ([domain, names]) => `### \`${domain}\` (${names.length})\n\n${names.toSorted().join(', ')}`,
  );
  const failures = [...nodeTestFailures].map(([name, { code, reason }]) => [
    `\`${name}\``,
    code === undefined ? 'a value differs' : `[${code}](diagnostics.md)`,
    reason,
  ]);
  return `${generatedNote}
# ONNX operators

int8c reads operator sets ${oldestOpset} to ${newestOpset}. An operator's operands and attributes are read as the version says that the
model imports: axes, scales, bounds and splits as attributes or as operands, Softmax over one axis or over all that
follow it, the older broadcasting of arithmetic. [onnx.md](onnx.md) says how models become programs.

A model with unsupported operators gets one report of all of them: \`int8c inspect MODEL\`.

## Supported

Also every operator that the model itself defines as a function of supported ones.

${sections.join('\n\n')}

## Node tests

Of ${nodeTestCount} node tests of the standard, ${nodeTestCount - nodeTestFailures.size} pass: shape, element type and values, to the tolerances of ONNX's own
test runner. Those that do not:

${table(['test', 'diagnostic', 'why'], failures)}
`;
}
