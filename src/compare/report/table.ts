// Tables, and bars within their cells: the numbers are there to read, the bars to see.
import { html, type Markup, type Part } from './markup.ts';

export interface Column {
  readonly title: Part;
  /** Numbers stand to the right. */
  readonly number?: boolean;
}

/** A table that scrolls by itself where the screen is narrower. The first cell of each row is its heading. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Part[])[]): Markup {
  const cls = (c: number) => (columns[c]?.number === true ? html` class="number"` : undefined);
  const head = columns.map(({ title }, c) => html`<th scope="col"${cls(c)}>${title}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((cell, c) =>
      c === 0 ? html`<th scope="row">${cell}</th>` : html`<td${cls(c)}>${cell}</td>`,
    );
    return html`<tr>${cells}</tr>\n`;
  });
  return html`<p class="caption">${caption}</p>
<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table aria-label="${caption}">
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody></table></div>
`;
}

/** A bar over a share of its cell, from 0 to 1, with the number beside it. The bar itself says nothing more. */
export function bar(share: number, text: string, kind = 'bar'): Markup {
  const width = (100 * Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0))).toFixed(1);
  return html`<span class="barred"><svg class="${kind}" aria-hidden="true"><rect class="track" width="100%" height="100%"/><rect width="${width}%" height="100%"/></svg><span>${text}</span></span>`;
}

/** A tensor: its operator in the user's model, where that is known, above its own name. */
export function tensorLabel(name: string, where: string, operator: string): Markup {
  return where === '' ? html`${name}<small>${operator}</small>` : html`${where}<small>${operator}: ${name}</small>`;
}
