// Prints diagnostics: to stderr for people, or as JSON to stdout.
import { type Diagnostic, formatDiagnostic, type Severity } from '../../ir/diagnostics.ts';
import { version } from '../version.ts';
import { printAside, printJson, styled } from './terminal.ts';

const severityStyles = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** Places that are listed for a note or warning; errors list all. */
const maxPlaces = 4;

/** Diagnostics that say the same of several places. */
interface Finding {
  readonly diagnostic: Diagnostic;
  readonly places: string[];
}

function findingsOf(diagnostics: readonly Diagnostic[]): Finding[] {
  const findings = new Map<string, Finding>();
  for (const diagnostic of diagnostics) {
    const { severity, code, message, hint, where } = diagnostic;
    const key = JSON.stringify([severity, code, message, hint]);
    const finding = findings.get(key) ?? { diagnostic, places: [] };
    findings.set(key, finding);
    if (where !== undefined) finding.places.push(where);
  }
  return [...findings.values()];
}

/** `error[I8C0201]`, coloured on a terminal. */
function label(severity: Severity, name: string): string {
  return styled(severityStyles[severity], name, process.stderr);
}

function colored(diagnostic: Diagnostic): string {
  const text = formatDiagnostic(diagnostic);
  const end = text.indexOf(']') + 1;
  return `${label(diagnostic.severity, text.slice(0, end))}${text.slice(end)}`;
}

/** The lines of a finding: one where it has one place, else what is found and then where. */
function linesOf({ diagnostic, places }: Finding): string[] {
  if (places.length <= 1) return [colored(diagnostic)];
  const { where: _, ...rest } = diagnostic;
  const shown = diagnostic.severity === 'error' ? places : places.slice(0, maxPlaces);
  const more = places.length - shown.length;
  return [
    colored(rest),
    ...shown.map((place) => `    ${place}`),
    ...(more > 0 ? [`    ... and ${more} more (--json lists all)`] : []),
  ];
}

/** Prints notes and warnings to stderr. */
export function reportDiagnostics(diagnostics: readonly Diagnostic[]): void {
  for (const finding of findingsOf(diagnostics)) printAside(linesOf(finding).join('\n'));
}

/** Prints what made a command fail: as JSON to stdout where that was asked for, else to stderr. */
export function reportFailure(
  diagnostics: readonly Diagnostic[],
  options: { readonly json?: boolean; readonly trace?: string | undefined } = {},
): void {
  const { json = false, trace } = options;
  if (json) printJson({ diagnostics });
  if (trace === undefined) {
    if (!json) reportDiagnostics(diagnostics);
    return;
  }
  const [first] = diagnostics;
  printAside(`${label('error', 'internal error[I8C0901]')}: ${first?.message ?? 'unknown'}\n${trace}`);
  printAside(
    `This is a fault of int8c ${version}, not of your model. Please report it (npm bugs int8c) with these lines, the ` +
      'command and, if you can, the model.',
  );
}
