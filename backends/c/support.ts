// Collects what the kernels of a C file need before them: headers, vector types and support functions, each once and
// ahead of its first user.
import { internalError } from '../../ir/diagnostics.ts';
import { supportFunctions } from './support-functions.ts';

export class Support {
  private readonly known = new Set<string>();
  private readonly texts: string[] = [];
  private readonly numbers = new Map<string, string>();
  private readonly includes = new Set<string>();

  /** Declares that a function of the support table is called; returns its name. */
  use(name: string): string {
    return this.define(name, () => {
      const text = supportFunctions.get(name) ?? internalError(`the C backend has no function ${name}`);
      for (const [, called] of text.matchAll(/\b([a-z_0-9]+)\(/g)) {
        if (called !== undefined && called !== name && supportFunctions.has(called)) this.use(called);
      }
      return text.trim();
    });
  }

  /** The same for a function or type that is made on demand. `make` may ask for others, which come first. */
  define(name: string, make: () => string): string {
    if (!this.known.has(name)) {
      this.known.add(name);
      this.texts.push(make());
    }
    return name;
  }

  /** A name for what `key` describes: the same for the same key, numbered otherwise. */
  numbered(prefix: string, suffix: string, key: string): string {
    const known = this.numbers.get(key) ?? `${prefix}${this.numbers.size + 1}_${suffix}`;
    this.numbers.set(key, known);
    return known;
  }

  /** `float.h` stands for f32 arithmetic, whose rounding the file then guards. */
  header(name: 'float.h' | 'math.h' | 'stdbool.h'): void {
    this.includes.add(name);
  }

  has(header: 'float.h' | 'math.h' | 'stdbool.h'): boolean {
    return this.includes.has(header);
  }

  /** Headers in alphabetical order. */
  get headers(): readonly string[] {
    return [...this.includes].sort();
  }

  /** Functions and types in an order in which each comes before what uses it. */
  get definitions(): readonly string[] {
    return this.texts;
  }
}

/** True for names that support functions and vector types have or may get: kernels and locals keep away from them. */
export function isSupportName(name: string): boolean {
  return supportFunctions.has(name) || /(^|_)(bool|i8|u8|i16|i32|i64|f32)(x[0-9]+)?$/.test(name);
}
