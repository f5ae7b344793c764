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
  const inspection = inspect(await importModelFile(path, importOptions(flags)));
  if (flags.json === true) {
    printJson(inspection);
    return;
  }
  for (const line of inspectionLines(inspection)) print(line);
  reportDiagnostics(inspection.diagnostics);
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

/** Places that are listed for each operator and reason. */
const maxPlaces = 4;

function floatLines(float: readonly FloatOperator[]): string[] {
  if (float.length === 0) return ['  none: every operator computes in integers'];
  const groups = new Map<string, FloatOperator[]>();
  for (const op of float) {
    const key = `${op.operator}: ${op.reason}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [op]);
    else group.push(op);
  }
  return [...groups].flatMap(([key, ops]) => {
    const places = ops.filter((op) => op.where !== '').map((op) => `      ${op.where}`);
    const more = places.length - maxPlaces;
    return [
      `  ${ops.length} ${key}`,
      ...places.slice(0, maxPlaces),
      ...(more > 0 ? [`      ... and ${more} more (--json lists all)`] : []),
    ];
  });
}
