// A part of the report.
import type { Markup } from './markup.ts';

export interface Section {
  /** By which the list at the top of the page leads there. */
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}
