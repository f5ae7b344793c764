// Names in generated C. They come from the user's model or from kernels, so that they are made identifiers, unique, and
// kept away from keywords and macros of C, C++ and common firmware headers.

/** Longest name made from a user's text, before a number that makes it unique. */
const maxLength = 40;

const keywords = (
  'auto break case char const continue default do double else enum extern float for goto if inline int long register ' +
  'restrict return short signed sizeof static struct switch typedef union unsigned void volatile while ' +
  'alignas alignof bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual ' +
  'and and_eq asm bitand bitor catch class compl concept consteval constinit const_cast co_await co_return co_yield ' +
  'decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq operator or or_eq ' +
  'private protected public reinterpret_cast requires static_cast template this throw try typeid typename using ' +
  'virtual wchar_t xor xor_eq char8_t char16_t char32_t'
).split(' ');

/** Macros of common compilers and headers that are not in capitals, and functions that compilers know. */
const claimed = (
  'linux unix i386 arm mips sun vax near far huge interrupt asm errno assert offsetof stdin stdout stderr complex ' +
  'imaginary I min max abs round isnan isinf signbit main printf memcpy memset memmove memcmp floor ceil trunc rint ' +
  'sqrt fabs exp log pow sin cos tan index y0 y1 yn j0 j1 jn gamma lgamma remainder div ' +
  'int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t'
).split(' ');

const reserved = new Set([...keywords, ...claimed]);

/** Letters, digits and underscores of `text`, starting with a letter; `fallback` where nothing is left. */
export function sanitized(text: string, fallback: string): string {
  if (text.length <= maxLength && /^[A-Za-z][A-Za-z0-9]*$/.test(text)) return text;
  const plain = text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, maxLength)
    .replace(/_+$/, '');
  if (plain === '') return fallback;
  return /^[0-9]/.test(plain) ? `${fallback}_${plain}` : plain;
}

/** A set of names in which every new one is made different from all others, and from those of the scopes around. */
export class NameScope {
  private readonly taken = new Set<string>();
  private readonly next = new Map<string, number>();
  private readonly outer: NameScope | undefined;
  private readonly isKept: (name: string) => boolean;

  /** `isKept` names belong to someone else. */
  constructor(outer?: NameScope, isKept: (name: string) => boolean = () => false) {
    this.outer = outer;
    this.isKept = isKept;
  }

  /** The name itself if it is free, else with the first number that makes it so. `wanted` is an identifier. */
  unique(wanted: string): string {
    // A number must not run into one that the name ends with, nor make it a name of a kept kind (`a_i8x` and 4).
    const isApart = /[0-9]$/.test(wanted) || this.keeps(`${wanted}1`);
    let name = wanted;
    for (let n = this.next.get(wanted) ?? 1; this.has(name); n++) {
      name = `${wanted}${isApart ? '_' : ''}${n}`;
      this.next.set(wanted, n + 1);
    }
    this.taken.add(name);
    return name;
  }

  private has(name: string): boolean {
    return this.taken.has(name) || reserved.has(name) || this.isKept(name) || (this.outer?.has(name) ?? false);
  }

  private keeps(name: string): boolean {
    return this.isKept(name) || (this.outer?.keeps(name) ?? false);
  }
}
