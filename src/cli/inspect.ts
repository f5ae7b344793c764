// int8c inspect: what is in a model and what it will cost.
import { importModelFile } from '../files/model-file.ts';
import { type FloatOperator, type Inspection, inspect } from '../inspection.ts';
import { tensorRows } from './describe-tensors.ts';
import { type ImportFlags, importOptions } from './import-flags.ts';
import { reportDiagnostics } from './report.ts';
import { columns, grouped, print, printJson, styled } from './terminal.ts';

export interface InspectFlags extends ImportFlags {
  readonly json?: true;
}

export async function inspectCommand(path: string, flags: InspectFlags): Promise<void> {
  const inspection = inspect(await importModelFile(path, await importOptions(flags)));
  if (flags.json === true) {
    printJson(inspection);
    return;
  }
  for (const line of inspectionLines(inspection)) print(line);
  // What stays float has a section of its own.
  reportDiagnostics(inspection.diagnostics.filter((d) => d.code !== 'I8C0302'));
}

function inspectionLines(inspection: Inspection): string[] {
  const { name, inputs, outputs, states, operators, macs, bytes, float } = inspection;
  const title = (text: string) => styled('bold', text, process.stdout);
  const indented = (rows: string[][], right?: readonly number[]) => columns(rows, right).map((line) => `  ${line}`);
  return [
    title(name),
    ...indented([...tensorRows('input', inputs), ...tensorRows('output', outputs), ...tensorRows('state', states)]),
    '',
    title('operators'),
    ...indented(
      operators.map((o) => [String(o.count), o.operator, o.types, o.macs === 0 ? '' : `${grouped(o.macs)} MACs`]),
      [0, 3],
    ),
    '',
    title('cost of a run'),
    ...indented(
      [
        [grouped(macs), 'multiply-accumulates'],
        [grouped(bytes.constants), 'bytes of weights and tables'],
        [grouped(bytes.arena), `bytes of arena (lower bound ${grouped(bytes.arenaLowerBound)})`],
        ...(bytes.state === 0 ? [] : [[grouped(bytes.state), 'bytes of state']]),
      ],
      [0],
    ),
    '',
    title('floating point'),
    ...floatLines(float),
  ];
}

/** Places that are listed for each operator and reason, and in how many operators there are any. */
const maxPlaces = 4;
const maxOperatorsWithPlaces = 30;

function floatLines(float: readonly FloatOperator[]): string[] {
  if (float.length === 0) return ['  none: every operator computes in integers'];
  const groups = new Map<string, FloatOperator[]>();
  for (const op of float) {
    const key = `${op.operator}: ${op.reason}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [op]);
    else group.push(op);
  }
  // In a network that is float as a whole, the places say nothing.
  const limit = float.length > maxOperatorsWithPlaces ? 0 : maxPlaces;
  const lines = [...groups].flatMap(([key, ops]) => {
    const places = ops.filter((op) => op.where !== '').map((op) => `      ${op.where}`);
    const more = limit > 0 && places.length > limit ? [`      ... and ${places.length - limit} more`] : [];
    return [`  ${ops.length} ${key}`, ...places.slice(0, limit), ...more];
  });
  const hidden = [...groups.values()].some((ops) => ops.length > limit);
  return hidden ? [...lines, '  (--json lists every place)'] : lines;
}
