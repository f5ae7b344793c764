// Memory and energy of both programs.
import { grouped } from '../../cli/terminal.ts';
import type { Comparison } from '../compare.ts';
import { horowitz } from '../energy.ts';
import { bytesText, energyText, timesText } from '../figure-text.ts';
import { html } from './markup.ts';
import { memoryPlot } from './memory-plot.ts';
import type { Section } from './section.ts';
import { table } from './table.ts';

const number = true;

const twoColumns = [
  { title: '' },
  { title: 'Float', number },
  { title: 'Quantized', number },
  { title: 'Float / quantized', number },
];

export function memorySection({ float, quantized }: Comparison['cost']): Section {
  const row = (title: string, a: number, b: number) => [title, bytesText(a), bytesText(b), timesText(b, a)];
  const rows = [
    row('Weights and tables', float.bytes.constants, quantized.bytes.constants),
    row('Arena', float.bytes.arena, quantized.bytes.arena),
    row('Lower bound of the arena', float.bytes.arenaLowerBound, quantized.bytes.arenaLowerBound),
    row('State', float.bytes.state, quantized.bytes.state),
  ];
  const { memory, calls, bytes } = quantized;
  const buffers = table(
    'Buffers of the arena of the quantized program',
    [{ title: 'Buffer' }, { title: 'Offset', number }, { title: 'Bytes', number }, { title: 'Calls', number }],
    memory.map((b) => [b.name, grouped(b.offset), grouped(b.bytes), `${b.first} to ${b.last}`]),
  );
  const order = table(
    'Calls of the quantized program',
    [{ title: 'Call', number }, { title: 'Kernel' }, { title: 'Operators of the model' }],
    calls.map((c, i) => [i, c.kernel, c.location]),
  );
  const body = html`<p>As portable C has it. Every address is decided at compile time: buffers share bytes where they do not live at the same time. The lower bound is the largest number of bytes that live at one moment.</p>
${table('Memory of both programs', twoColumns, rows)}
<h3>Plan of the arena</h3>
<figure><figcaption>Buffers of the quantized program, by the calls during which they live (to the right) and their addresses (upwards)</figcaption>
${memoryPlot(quantized)}
<div class="axis"><span>call 0</span><span>${grouped(bytes.arena)} bytes high</span><span>call ${Math.max(0, calls.length - 1)}</span></div>
<details><summary>The same as tables</summary>
${buffers}${order}</details></figure>
`;
  return { id: 'memory', title: 'Memory', body };
}

export function energySection({ float, quantized }: Comparison['cost']): Section {
  const row = (title: string, of: (cost: typeof float) => number, text = energyText) => {
    const [a, b] = [of(float), of(quantized)];
    return [title, text(a), text(b), timesText(b, a)];
  };
  const rows = [
    row('Multiply-accumulates of 8 by 8 bits', (c) => c.macsByPrecision.i8, grouped),
    row('Multiply-accumulates of 16 by 8 bits', (c) => c.macsByPrecision.i16, grouped),
    row('Multiply-accumulates of floats', (c) => c.macsByPrecision.f32, grouped),
    row('Arithmetic', (c) => c.energy.arithmetic),
    row('Memory, all of it in SRAM', (c) => c.energy.memory),
    row('Constants from DRAM instead, at least', (c) => c.energy.constantsFromDram.low),
    row('Constants from DRAM instead, at most', (c) => c.energy.constantsFromDram.high),
  ];
  const { add, multiply, sram64, dram64 } = horowitz;
  const body = html`${table('Work and estimated energy of one inference', twoColumns, rows)}
<p>An estimate from costs of single operations: ${horowitz.source}. Additions take ${add.i8} pJ in 8 bits, ${add.i32} in 32 and ${add.f32} in floats, multiplications ${multiply.i8} pJ in 8 bits and ${multiply.f32} in floats; 64 bits take ${sram64} pJ from an SRAM of 8 KB and ${dram64.low / 1000} to ${dram64.high / 1000} nJ from DRAM. Products of 8 bits are summed up in 32; one of 16 by 8 bits counts as two of 8 by 8. Each call of a kernel reads and writes each of its buffers once. What a core spends on instructions is not counted, and today's processes need less: the ratio says more than the sum.</p>
`;
  return { id: 'energy', title: 'Work and energy', body };
}
