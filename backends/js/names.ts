// Identifiers of generated JavaScript: every name is used once in its scope, and none is a word of the language.
import { identifierOf } from '../../ir/identifiers.ts';

/** Words that cannot name a variable in a module, and the globals that generated code uses. */
const reserved = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof undefined var void while with yield Infinity NaN ' +
    'Math Number BigInt Array ArrayBuffer TypeError atob Int8Array Uint8Array Int16Array Uint16Array Int32Array ' +
    'Float32Array BigInt64Array'
  ).split(' '),
);

/** The names of one scope. Those of the scopes around it stay visible; those of scopes that ended are free again. */
export class Names {
  private readonly taken = new Set<string>();
  private readonly counters = new Map<string, number>();

  constructor(private readonly outer?: Names) {}

  private has(name: string): boolean {
    return this.taken.has(name) || (this.outer === undefined ? reserved.has(name) : this.outer.has(name));
  }

  /** A free identifier that resembles the hint. */
  fresh(hint: string): string {
    const base = identifierOf(hint) || 'v';
    let name = base;
    if (this.has(base)) {
      let n = this.counters.get(base) ?? 1;
      while (this.has(`${base}_${n}`)) n++;
      this.counters.set(base, n + 1);
      name = `${base}_${n}`;
    }
    this.taken.add(name);
    return name;
  }
}

/** Text of a user's model made fit for a `//` comment: one line of printable ASCII. */
export function commentText(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
}
