// The head of the report: the figures that decide, the outputs, and what stays float.
import { grouped } from '../../cli/terminal.ts';
import type { Comparison } from '../compare.ts';
import { cosineText, decibelText, energyText, percentText, realText, sizeText, timesText } from '../figure-text.ts';
import { html, type Markup, type Part } from './markup.ts';
import type { Section } from './section.ts';
import { table } from './table.ts';

function card(title: string, value: Part, note: Part): Markup {
  return html`<div><dt>${title}</dt><dd><strong>${value}</strong><small>${note}</small></dd></div>\n`;
}

/** Quantized figures, large, with those of the float program below. */
export function summaryCards({ accuracy, agreement, outputs, cost, layers }: Comparison): Markup {
  const { float, quantized } = cost;
  const total = (c: typeof float) => c.energy.arithmetic + c.energy.memory;
  const snr = outputs.reduce((least, o) => Math.min(least, o.snr), Number.POSITIVE_INFINITY);
  const stored = layers.filter((l) => l.precision !== 'f32').length;
  const cards = [
    accuracy === undefined
      ? undefined
      : card('Accuracy, top 1', percentText(accuracy.top1.quantized), `float ${percentText(accuracy.top1.float)}`),
    accuracy?.top5 === undefined
      ? undefined
      : card('Accuracy, top 5', percentText(accuracy.top5.quantized), `float ${percentText(accuracy.top5.float)}`),
    agreement === undefined ? undefined : card('Agreement', percentText(agreement), 'of samples with the same class'),
    card(
      'Output SNR',
      snr === Number.POSITIVE_INFINITY ? 'exact' : `${decibelText(snr)} dB`,
      outputs.length > 1 ? 'of the worst output' : 'against float',
    ),
    card(
      'Weights and tables',
      sizeText(quantized.bytes.constants),
      against(quantized.bytes.constants, float.bytes.constants, sizeText),
    ),
    card('Arena (RAM)', sizeText(quantized.bytes.arena), against(quantized.bytes.arena, float.bytes.arena, sizeText)),
    card(
      'Multiply-accumulates',
      grouped(quantized.macs),
      `${percentText(integerShare(quantized.macsByPrecision))} on integers`,
    ),
    card('Energy, estimated', energyText(total(quantized)), against(total(quantized), total(float), energyText)),
    layers.length === 0
      ? undefined
      : card('Tensors in integers', `${stored} of ${layers.length}`, 'of inputs and results'),
  ];
  return html`<dl class="cards">\n${cards}</dl>`;
}

/** The float program's figure, and how many times the quantized one's it is. */
function against(quantized: number, float: number, text: (x: number) => string): string {
  const times = timesText(quantized, float);
  return `float ${text(float)}${times === '' ? '' : ` (${times})`}`;
}

function integerShare({ i8, i16, f32 }: Comparison['cost']['float']['macsByPrecision']): number {
  return i8 + i16 + f32 === 0 ? 0 : (i8 + i16) / (i8 + i16 + f32);
}

export function outputSection({ outputs, samples }: Comparison): Section {
  const number = true;
  const columns = [
    { title: 'Output' },
    { title: 'SNR, dB', number },
    { title: 'Cosine', number },
    { title: 'Mean error', number },
    { title: 'Greatest error', number },
    { title: 'Elements', number },
    { title: 'Not finite', number },
  ];
  const rows = outputs.map((o) => [
    html`${o.name}<small>[${o.shape.join(', ')}]</small>`,
    decibelText(o.snr),
    cosineText(o.cosine),
    realText(o.meanError),
    realText(o.greatestError),
    grouped(o.count),
    grouped(o.nonFinite),
  ]);
  const caption = `Outputs of both programs over ${grouped(samples)} samples; errors are |real - quantized|`;
  return { id: 'outputs', title: 'Outputs', body: table(caption, columns, rows) };
}

export function floatSection({ float, layers }: Comparison): Section | undefined {
  if (layers.length === 0) return undefined;
  const body =
    float.length === 0
      ? html`<p>Nothing: every operator that computes has an integer form.</p>`
      : table(
          'Operators that compute in floating point',
          [{ title: 'Operator of the model' }, { title: 'Operator' }, { title: 'Tensor' }, { title: 'Reason' }],
          float.map((f) => [f.where || f.name, f.operator, f.name, f.reason]),
        );
  return { id: 'float', title: 'What stays float', body };
}
