// Vectors in portable C: a struct of lanes, and a function for each opcode on each type that a program uses. Any C
// compiler takes them; one that vectorizes finds loops over lanes that it can turn into instructions.
import { internalError } from '../../ir/diagnostics.ts';
import type { Immediates, Opcode } from '../../ir/loops/opcodes.ts';
import { fullRange } from '../../ir/loops/range-rules.ts';
import { type LoopType, laneOf, lanesOf } from '../../ir/loops/types.ts';
import { laneType } from './c-types.ts';
import { type Code, call, conditional, primary } from './code.ts';
import { isLaneWise, spellScalar } from './scalar-spelling.ts';
import type { Support } from './support.ts';

/** The C type of a register. */
export function registerType(type: LoopType, support: Support): string {
  const lane = laneOf(type);
  if (lane === 'bool') support.header('stdbool.h');
  if (lane === 'f32') support.header('float.h');
  if (lanesOf(type) === 1) return laneType(lane);
  return support.define(type, () => `typedef struct {\n  ${laneType(lane)} lane[${lanesOf(type)}];\n} ${type};`);
}

/** Reads consecutive elements into a vector. */
export function spellVectorLoad(type: LoopType, from: Code, support: Support): Code {
  const vector = registerType(type, support);
  const name = support.define(`load_${type}`, () =>
    [
      `static inline ${vector} load_${type}(const ${laneType(laneOf(type))} *from) {`,
      `  ${vector} v;`,
      ...lanesLoop(type, 'v.lane[l] = from[l];'),
      '  return v;',
      '}',
    ].join('\n'),
  );
  return call(name, [from]);
}

/** Writes a vector to consecutive elements of the C type `element`, which keep the lanes' low bits. */
export function spellVectorStore(type: LoopType, element: string, to: Code, value: Code, support: Support): Code {
  const vector = registerType(type, support);
  const cast = element === laneType(laneOf(type)) ? '' : `(${element})`;
  const name = support.define(`store_${element}_${type}`, () =>
    [
      `static inline void store_${element}_${type}(${element} *to, ${vector} v) {`,
      ...lanesLoop(type, `to[l] = ${cast}v.lane[l];`),
      '}',
    ].join('\n'),
  );
  return call(name, [to, value]);
}

function lanesLoop(type: LoopType, ...body: string[]): string[] {
  return [`  for (int l = 0; l < ${lanesOf(type)}; ++l) {`, ...body.map((line) => `    ${line}`), '  }'];
}

/** An opcode that has a vector among its operands or as its result. */
export function spellVector(
  opcode: Opcode,
  operands: readonly Code[],
  types: readonly LoopType[],
  result: LoopType,
  immediates: Immediates,
  support: Support,
): Code {
  if (opcode === 'select' && types[0] === 'bool') return conditional(operands[0]!, operands[1]!, operands[2]!);
  const make = makers[opcode] ?? (isLaneWise(opcode) ? laneWise : undefined);
  if (make === undefined) return internalError(`the C backend does not spell ${opcode} on ${types.join(', ')}`);
  return make({ opcode, operands, types, result, immediates, support });
}

interface Request {
  readonly opcode: Opcode;
  readonly operands: readonly Code[];
  readonly types: readonly LoopType[];
  readonly result: LoopType;
  readonly immediates: Immediates;
  readonly support: Support;
}

/** Defines a function over the operands `a`, `b`, `c` and calls it. */
function define(r: Request, name: string, body: (vector: string) => readonly string[]): Code {
  const { support, types } = r;
  const result = registerType(r.result, support);
  const parameters = types.map((type, i) => `${registerType(type, support)} ${'abc'[i]}`);
  support.define(name, () =>
    [`static inline ${result} ${name}(${parameters.join(', ')}) {`, ...body(result), '}'].join('\n'),
  );
  return call(name, r.operands);
}

/** The scalar spelling for each lane. */
function laneWise(r: Request): Code {
  const { opcode, types, result, immediates, support } = r;
  const rounding = immediates.rounding === undefined ? '' : `_${immediates.rounding}`;
  const from = types[opcode === 'select' ? 1 : 0]!;
  const name = `${opcode}${rounding}_${from}${['convert', 'narrow', 'bitcast'].includes(opcode) ? `_${result}` : ''}`;
  return define(r, name, (vector) => {
    const lanes = types.map((type, i) => ({
      code: primary(`${'abc'[i]}.lane[l]`),
      lane: laneOf(type),
      range: fullRange(laneOf(type)),
    }));
    const code = spellScalar(opcode, lanes, laneOf(result), immediates, support);
    return [`  ${vector} v;`, ...lanesLoop(result, `v.lane[l] = ${code.text};`), '  return v;'];
  });
}

const makers: Partial<Record<Opcode, (r: Request) => Code>> = {
  dot(r) {
    const [acc, a, b] = r.types;
    const isScalar = lanesOf(acc!) === 1;
    const group = lanesOf(a!) / lanesOf(acc!);
    const add = r.support.use(`wrap_add_${laneOf(acc!)}`);
    // Products of two 16-bit lanes fit int32_t.
    const step = (sum: string, lane: string) => `${sum} = ${add}(${sum}, b.lane[${lane}] * c.lane[${lane}]);`;
    return define(r, `dot_${acc}_${a}_${b}`, () => {
      if (isScalar) return [...lanesLoop(a!, step('a', 'l')), '  return a;'];
      const inner = [
        `for (int k = ${group} * l; k < ${group} * l + ${group}; ++k) {`,
        `  ${step('a.lane[l]', 'k')}`,
        '}',
      ];
      return [...lanesLoop(acc!, ...inner), '  return a;'];
    });
  },
  splat(r) {
    const from = r.types[0]!;
    const isScalar = lanesOf(from) === 1;
    const type = laneType(laneOf(r.result));
    const value = isScalar ? (type === laneType(laneOf(from)) ? 'a' : `(${type})a`) : `a.lane[l % ${lanesOf(from)}]`;
    return define(r, `splat_${isScalar ? '' : `${from}_`}${r.result}`, (vector) => [
      `  ${vector} v;`,
      ...lanesLoop(r.result, `v.lane[l] = ${value};`),
      '  return v;',
    ]);
  },
  extract({ operands, types, result, immediates, support }) {
    const [from] = types;
    const vector = registerType(from!, support);
    const name = support.define(
      `extract_${from}`,
      () =>
        `static inline ${registerType(result, support)} extract_${from}(${vector} v, int lane) {\n  return v.lane[lane];\n}`,
    );
    return call(name, [operands[0]!, laneNumber(immediates)]);
  },
  insert({ operands, types, immediates, support }) {
    const [into, scalar] = types;
    const vector = registerType(into!, support);
    const lane = laneType(laneOf(into!));
    const cast = lane === laneType(laneOf(scalar!)) ? '' : `(${lane})`;
    const name = support.define(`insert_${into}`, () =>
      [
        `static inline ${vector} insert_${into}(${vector} v, ${registerType(scalar!, support)} x, int lane) {`,
        `  v.lane[lane] = ${cast}x;`,
        '  return v;',
        '}',
      ].join('\n'),
    );
    return call(name, [operands[0]!, operands[1]!, laneNumber(immediates)]);
  },
  shuffle(r) {
    const mask = r.immediates.lanes ?? [];
    const from = r.types[0]!;
    const name = r.support.numbered('shuffle', from, `shuffle ${from} ${mask.join(' ')}`);
    const lanes = lanesOf(from);
    return define(r, name, (vector) => [
      `  static const uint8_t mask[${mask.length}] = {${mask.join(', ')}};`,
      `  ${vector} v;`,
      ...lanesLoop(r.result, `v.lane[l] = mask[l] < ${lanes} ? a.lane[mask[l]] : b.lane[mask[l] - ${lanes}];`),
      '  return v;',
    ]);
  },
  sum(r) {
    const add = r.support.use(`wrap_add_${laneOf(r.result)}`);
    return define(r, `sum_${r.types[0]}`, (scalar) => [
      `  ${scalar} total = 0;`,
      ...lanesLoop(r.types[0]!, `total = ${add}(total, a.lane[l]);`),
      '  return total;',
    ]);
  },
};

function laneNumber(immediates: Immediates): Code {
  return primary(String(immediates.lanes?.[0] ?? 0));
}
