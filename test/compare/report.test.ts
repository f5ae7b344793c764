// Reports as text, JSON and HTML: what they say, and that no name in a model gets out of its place.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Comparison,
  compare,
  comparisonJson,
  comparisonLines,
  htmlReport,
  type Sensitivity,
  sensitivity,
} from '../../src/compare/index.ts';
import { html } from '../../src/compare/report/markup.ts';
import { jsonText } from '../../src/json-text.ts';
import { quantizedChain, type Subject } from './compared-networks.ts';

const hostile = `</style></td><script>alert("1")</script><img src=x onerror='alert(2)'>\u202e\u0000\ud800&amp;`;

let subject: Subject;
let comparison: Comparison;
let costs: Sensitivity;

beforeAll(async () => {
  subject = await quantizedChain();
  const { network, decisions } = subject.quantized;
  comparison = await compare(subject.quantized, subject.samples, { labels: Array.from({ length: 12 }, () => 0) });
  costs = await sensitivity(network, decisions, subject.samples);
});

describe('templates', () => {
  it('escape text, and nothing twice', () => {
    const inner = html`<b>${'a < b & "c"'}</b>`;
    expect(html`<p title="${"it's"}">${inner}${[1, inner]}${undefined}</p>`.text).toBe(
      '<p title="it&#39;s"><b>a &lt; b &amp; &quot;c&quot;</b>1<b>a &lt; b &amp; &quot;c&quot;</b></p>',
    );
  });

  it('show what cannot be seen, and cut what has no end', () => {
    expect(html`${'a\u202eb\u0000\ud800c\u{1f600}\u200b'}`.text).toBe('a\\u202eb\\u0000\\ud800c\u{1f600}\\u200b');
    expect(html`${'x'.repeat(1e6)}`.text.length).toBeLessThan(500);
  });
});

describe('the page', () => {
  const page = () => htmlReport({ comparison, sensitivity: costs, quantized: subject.quantized });

  it('holds every section, and every layer in each', () => {
    const text = page();
    const titles = [...text.matchAll(/<h2[^>]*>([^<]*)<\/h2>/g)].map(([, title]) => title);
    expect(titles).toEqual([
      'Outputs',
      'What each layer costs',
      'Layer by layer',
      'Distributions of activations',
      'Distributions of weights',
      'Memory',
      'Work and energy',
      'What stays float',
    ]);
    // Four tensors that are observed, three of them with weights.
    expect(text.match(/<figure>/g)).toHaveLength(4 + 3 + 1);
    expect(text).toContain('Horowitz');
  });

  it('is the same each time, and loads and runs nothing', () => {
    const text = page();
    expect(text).toBe(page());
    expect(text).not.toMatch(/<script|javascript:|https?:|<link rel="stylesheet"|@import|url\(| on\w+=| style="/);
    expect(text).toContain(`content="default-src &#39;none&#39;;`);
  });

  it('does without what is not there', () => {
    const { accuracy: _, agreement: __, ...rest } = comparison;
    const text = htmlReport({ comparison: { ...rest, layers: [] } });
    expect(text).not.toContain('Accuracy');
    expect(text).not.toContain('Layer by layer');
  });

  it('keeps names of models in their places', () => {
    const named: Comparison = {
      ...comparison,
      name: hostile,
      outputs: comparison.outputs.map((o) => ({ ...o, name: hostile })),
      layers: comparison.layers.map((l) => ({ ...l, where: hostile, operator: hostile })),
      float: [{ name: hostile, operator: hostile, where: hostile, reason: hostile }],
      cost: {
        ...comparison.cost,
        quantized: {
          ...comparison.cost.quantized,
          calls: [{ kernel: hostile, location: hostile }],
          memory: comparison.cost.quantized.memory.map((b) => ({ ...b, name: hostile })),
        },
      },
    };
    const costly = {
      ...costs,
      layers: costs.layers.map((l) => ({ ...l, name: hostile })),
      groups: [{ layers: [hostile, hostile], snr: 1, share: 1 }],
    };
    const text = htmlReport({ comparison: named, sensitivity: costly, quantized: subject.quantized });
    expect(text).not.toMatch(/<script|<img|onerror='|[\p{Cf}\p{Cs}]/u);
    expect(text).not.toContain('\0');
    expect(text.match(/<\/style>/g)).toHaveLength(1);
    expect(text.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(10);
  });
});

describe('the text', () => {
  it('has a row for each tensor, and the costliest layer first', () => {
    const lines = comparisonLines(comparison, costs);
    const rows = (after: string) => lines.slice(lines.findIndex((l) => l.includes(after)) + 2);
    expect(
      rows('Tensors, in order')
        .slice(0, 4)
        .map((l) => l.trim().split(/\s+/).at(-1)),
    ).toEqual(['x', 'a', 'b', 'c']);
    expect(rows('What each layer costs')[0]?.trim().split(/\s+/).at(-1)).toBe(costs.layers[0]?.name);
  });
});

describe('names in the text', () => {
  it('cannot command the terminal', () => {
    const command = '\u001b]0;title\u0007\r\u202e';
    const named: Comparison = {
      ...comparison,
      name: command,
      outputs: comparison.outputs.map((o) => ({ ...o, name: command })),
      layers: comparison.layers.map((l) => ({ ...l, name: command })),
      float: [{ name: command, operator: 'add', where: command, reason: command }],
    };
    const groups = [{ layers: [command, command], snr: 1, share: 1 }];
    const lines = comparisonLines(named, {
      ...costs,
      layers: costs.layers.map((l) => ({ ...l, name: command })),
      groups,
    });
    // Styles of our own titles are left out where the output is no terminal.
    expect(lines.filter((line) => /[\p{Cc}\p{Cf}]/u.test(line))).toEqual([]);
    expect(lines.join().split('\\u001b]0;title').length).toBeGreaterThan(10);
  });
});

describe('JSON', () => {
  it('holds everything', () => {
    const read: unknown = JSON.parse(jsonText(comparisonJson(comparison, costs)));
    expect(read).toMatchObject({
      name: 'chain',
      samples: 12,
      layers: [{ name: 'x' }, {}, {}, {}],
      sensitivity: { samples: 12 },
    });
  });
});
