// Identifiers of generated WGSL: every name is used once in its scope, and none is a word of the language.
import { identifierOf } from '../../ir/identifiers.ts';

/** Keywords, reserved words (WGSL specification, sections 3.8 and 3.9) and predeclared names that printed code uses. */
const reserved = new Set(
  (
    'alias break case const const_assert continue continuing default diagnostic discard else enable false fn for if ' +
    'let loop override requires return struct switch true var while ' +
    'NULL Self abstract active alignas alignof as asm asm_fragment async attribute auto await become cast catch class ' +
    'co_await co_return co_yield coherent column_major common compile compile_fragment concept const_cast consteval ' +
    'constexpr constinit crate debugger decltype delete demote demote_to_helper do dynamic_cast enum explicit export ' +
    'extends extern external fallthrough filter final finally friend from fxgroup get goto groupshared highp impl ' +
    'implements import inline instanceof interface layout lowp macro macro_rules match mediump meta mod module move mut ' +
    'mutable namespace new nil noexcept noinline nointerpolation non_coherent noncoherent noperspective null nullptr of ' +
    'operator package packoffset partial pass patch pixelfragment precise precision premerge priv protected pub public ' +
    'readonly ref regardless register reinterpret_cast require resource restrict self set shared sizeof smooth snorm ' +
    'static static_assert static_cast std subroutine super target template this thread_local throw trait try type ' +
    'typedef typeid typename typeof union unless unorm unsafe unsized use using varying virtual volatile wgsl where ' +
    'with writeonly yield ' +
    'bool f16 f32 i32 u32 vec2 vec3 vec4 vec2i vec3i vec4i vec2u vec3u vec4u vec2f vec3f vec4f array atomic bitcast ' +
    'abs acos all any asin atan ceil clamp cos cosh cross degrees determinant distance dot exp exp2 extractBits floor ' +
    'fract insertBits inverseSqrt ldexp length log log2 max min mix modf normalize pow radians reflect reverseBits ' +
    'round saturate select sign sin sinh smoothstep sqrt step tan tanh transpose trunc ' +
    'arena constants wide_constants atomics invocation'
  ).split(' '),
);

/** The names of one scope. Those of the scopes around it stay visible; those of scopes that ended are free again. */
export class Names {
  private readonly taken = new Set<string>();
  private readonly counters = new Map<string, number>();
  private readonly outer: Names | undefined;

  constructor(outer?: Names) {
    this.outer = outer;
  }

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
