// The short account of a compiled program, for people.
import type { WrittenFile } from '../files/write-files.ts';
import type { Manifest } from '../manifest.ts';
import { tensorRows } from './describe-tensors.ts';
import { columns, grouped, styled } from './terminal.ts';

/** Interface, work and memory of a program. */
export function summaryLines(manifest: Manifest): string[] {
  const { bytes, macs, inputs, outputs, states } = manifest;
  const state = bytes.state === 0 ? '' : `, ${grouped(bytes.state)} bytes of state`;
  return [
    `${styled('bold', manifest.name, process.stdout)}: ${grouped(macs)} multiply-accumulates`,
    ...columns([...tensorRows('input', inputs), ...tensorRows('output', outputs), ...tensorRows('state', states)]).map(
      (line) => `  ${line}`,
    ),
    `  ${grouped(bytes.constants)} bytes of weights and tables${state}`,
    `  ${grouped(bytes.arena)} bytes of arena (lower bound ${grouped(bytes.arenaLowerBound)})`,
  ];
}

/** Paths and sizes. */
export function fileLines(files: readonly WrittenFile[]): string[] {
  const rows = files.map((f) => [`  ${f.path}`, `${grouped(f.bytes)} bytes`]);
  return columns(rows, [1]);
}
