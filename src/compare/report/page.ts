// The report as one page of HTML: opens from disk, loads nothing, runs nothing.
import { sha256 } from '@noble/hashes/sha2.js';
import type { Quantized } from '../../quantize/quantize.ts';
import { version } from '../../version.ts';
import type { Comparison } from '../compare.ts';
import type { Sensitivity } from '../sensitivity.ts';
import { compareWeights } from '../weights.ts';
import { activationSection, weightSection } from './distributions.ts';
import { costSection, layerSection } from './layers.ts';
import { html, Markup } from './markup.ts';
import { energySection, memorySection } from './resources.ts';
import { style } from './style.ts';
import { floatSection, outputSection, summaryCards } from './summary.ts';

/** What a report shows. */
export interface ReportSource {
  readonly comparison: Comparison;
  /** What the layers cost; left out where it was not measured. */
  readonly sensitivity?: Sensitivity;
  /** For distributions of activations and weights; left out for programs that were quantized elsewhere. */
  readonly quantized?: Pick<Quantized, 'network' | 'program' | 'decisions' | 'statistics'>;
}

/**
 * One self-contained page: no scripts, no fonts, no files beside it. Its content security policy allows its own style
 * sheet (by hash) and nothing else, so that no name in a model can make it do anything.
 */
export function htmlReport({ comparison, sensitivity, quantized }: ReportSource): string {
  const sections = [
    outputSection(comparison),
    sensitivity === undefined ? undefined : costSection(sensitivity),
    layerSection(comparison),
    quantized === undefined ? undefined : activationSection(comparison, quantized.statistics),
    quantized === undefined ? undefined : weightSection(compareWeights(quantized)),
    memorySection(comparison.cost),
    energySection(comparison.cost),
    floatSection(comparison),
  ].filter((s) => s !== undefined);
  const policy = `default-src 'none'; img-src data:; style-src '${styleHash()}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${comparison.name}: float against quantized</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>${comparison.name}: float against quantized</h1>
<p class="quiet">int8c ${version}, ${comparison.samples} samples</p>
<nav aria-label="Parts of the report"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>
<main>
${summaryCards(comparison)}
${sections.map(
  ({ id, title, body }) => html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${body}</section>
`,
)}</main>
</body>
</html>
`.text;
}

/** The style sheet as a content security policy names it. */
function styleHash(): string {
  const digest = sha256(new TextEncoder().encode(style));
  return `sha256-${btoa(String.fromCharCode(...digest))}`;
}
