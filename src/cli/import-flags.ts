// The options by which every subcommand that reads a model says what of it to take.
import type { ImportOptions } from '../program.ts';

export interface ImportFlags {
  readonly signature?: string;
  readonly expose?: readonly string[];
}

/** The importer's options: `all`, names, and `#3` for the tensor with index 3. */
export function importOptions({ signature, expose }: ImportFlags): Pick<ImportOptions, 'signature' | 'expose'> {
  return {
    ...(signature === undefined ? {} : { signature }),
    ...(expose === undefined ? {} : { expose: expose.includes('all') ? 'all' : expose.map(tensorOf) }),
  };
}

const tensorOf = (text: string) => (/^#\d{1,9}$/.test(text) ? Number(text.slice(1)) : text);
