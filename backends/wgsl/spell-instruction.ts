// Spells a computing instruction of the loop IR in WGSL: registers in, register out. Lane-wise opcodes are taken chunk by
// chunk; here are those that move lanes or add across them.
import { internalError } from '../../ir/diagnostics.ts';
import type { ComputeInstruction, LoopValue } from '../../ir/loops/kernel.ts';
import { type Opcode, opcodeRow } from '../../ir/loops/opcodes.ts';
import { fitsLane } from '../../ir/loops/range-rules.ts';
import { laneOf, lanesOf } from '../../ir/loops/types.ts';
import { bracketed, type Code, call, infix } from './code.ts';
import {
  asValue,
  asWord,
  type Chunk,
  chunkWidths,
  constantRegister,
  isByte,
  laneCodes,
  type Register,
  value,
} from './register.ts';
import { type LaneWiseOpcode, laneSite, type SpellContext, spellLanes } from './spell-lanes.ts';
import { isLong, spellLong } from './spell-long.ts';

/** The register that an instruction computes, given its operands' registers. */
export function spellInstruction(
  x: ComputeInstruction,
  operands: readonly Register[],
  context: SpellContext,
): Register {
  const known = operands.map((o) => o.constant);
  if (known.every((c) => c !== undefined)) {
    const types = x.operands.map((o) => o.type);
    const lanes = opcodeRow(x.opcode).evaluate(known, types, x.result.type, x.immediates);
    return constantRegister(x.result.type, lanes, context.support);
  }
  const across = acrossLanes[x.opcode];
  if (across !== undefined) return across(x, operands, context);
  return wordWise(x, operands) ?? laneWise(x, operands, context);
}

type Spelling = (x: ComputeInstruction, operands: readonly Register[], context: SpellContext) => Register;

const laneWise: Spelling = (x, operands, context) => {
  const { type } = x.result;
  const lanes = operands.map((o) => laneOf(o.type));
  if (lanes.some(isLong) || isLong(laneOf(type))) {
    const site = laneSite(context, x, 1);
    const all = operands.map((o) => laneCodes(o, context.support, context.atom));
    const codes = Array.from({ length: lanesOf(type) }, (_, l) =>
      spellLong(
        site,
        all.map((codes) => codes[codes.length === 1 ? 0 : l] ?? internalError(`${x.opcode} lacks lane ${l}`)),
      ),
    );
    return fromLanes(type, codes);
  }
  const chunks = chunkWidths(type).map((width, c): Chunk => {
    // A scalar beside vectors is the condition of a selection.
    const codes = operands.map((o) => asValue(o, lanesOf(o.type) === 1 ? 0 : c));
    return value(spellLanes(laneSite(context, x, width), codes));
  });
  return { type, chunks };
};

const wordOperators: Partial<Record<Opcode, string>> = { and: '&', or: '|', xor: '^' };

const areWords = (r: Register) => r.constant !== undefined || r.chunks.every((k) => k.form === 'word');

/** Packed bytes four at a time: bits of them, and choices between all of them. */
function wordWise(x: ComputeInstruction, operands: readonly Register[]): Register | undefined {
  const { type } = x.result;
  const [a, b, c] = operands;
  if (!isByte(laneOf(type)) || lanesOf(type) % 4 !== 0 || a === undefined || b === undefined) return undefined;
  const ofWords = (spell: (c: number) => Code): Register => {
    return { type, chunks: chunkWidths(type).map((_, i): Chunk => ({ form: 'word', code: spell(i) })) };
  };
  const operator = wordOperators[x.opcode];
  if (operator !== undefined && operands.every(areWords)) {
    return ofWords((i) => infix(asWord(a, i), operator, asWord(b, i)));
  }
  const chooses = x.opcode === 'select' && lanesOf(a.type) === 1 && c !== undefined && areWords(b) && areWords(c);
  if (!chooses) return undefined;
  const condition = bracketed(asValue(a, 0));
  return ofWords((i) => call('select', asWord(c, i), asWord(b, i), condition));
}

/** A register from its lanes one by one. */
function fromLanes(type: string, codes: readonly Code[]): Register {
  let at = 0;
  const chunks = chunkWidths(type).map((width): Chunk => {
    const own = codes.slice(at, at + width);
    at += width;
    return width === 1 ? value(own[0] ?? internalError('a chunk has lanes')) : { form: 'lanes', codes: own };
  });
  return { type, chunks };
}

/** Integer products may wrap, as the accumulator does; those of two bytes fit the packed forms. */
const dot: Spelling = (x, operands, context) => {
  const [acc, a, b] = operands as [Register, Register, Register];
  const { type } = x.result;
  const group = lanesOf(a.type) / lanesOf(type);
  if (isLong(laneOf(type))) return longDot(x, operands, context);
  if (group % 4 !== 0) {
    const [p, q] = [a, b].map((r) => laneCodes(r, context.support, context.atom)) as [Code[], Code[]];
    const sums = laneCodes(acc, context.support, context.atom).map((start, l) => {
      let sum = start;
      for (let g = l * group; g < (l + 1) * group; g++) sum = infix(sum, '+', infix(p[g]!, '*', q[g]!));
      return sum;
    });
    return fromLanes(type, sums);
  }
  const products = Array.from({ length: lanesOf(a.type) / 4 }, (_, c) => dotOfFour(a, b, c));
  const perLane = group / 4;
  const added = Array.from({ length: lanesOf(type) }, (_, l) =>
    products.slice(l * perLane, (l + 1) * perLane).reduce((s, p) => infix(s, '+', p)),
  );
  let at = 0;
  const chunks = chunkWidths(type).map((width, c): Chunk => {
    const own = added.slice(at, at + width);
    at += width;
    return value(infix(asValue(acc, c), '+', width === 1 ? own[0]! : call(`vec${width}i`, ...own)));
  });
  return { type, chunks };
};

function dotOfFour(a: Register, b: Register, c: number): Code {
  const [p, q] = [laneOf(a.type), laneOf(b.type)];
  if (p === 'i8' && q === 'i8') return call('dot4I8Packed', asWord(a, c), asWord(b, c));
  if (p === 'u8' && q === 'u8') return call('i32', call('dot4U8Packed', asWord(a, c), asWord(b, c)));
  return call('dot', asValue(a, c), asValue(b, c));
}

/** Each product fits i32; their sum need not. */
const longDot: Spelling = (x, operands, context) => {
  const [acc, a, b] = operands.map((r) => laneCodes(r, context.support, context.atom)) as [Code[], Code[], Code[]];
  const group = a.length / acc.length;
  const { support } = context;
  const sums = acc.map((start, l) => {
    let sum = start;
    for (let g = l * group; g < (l + 1) * group; g++) {
      sum = call(support.use('long_add'), sum, call(support.use('long'), infix(a[g]!, '*', b[g]!)));
    }
    return sum;
  });
  return fromLanes(x.result.type, sums);
};

const sum: Spelling = (x, [v], { support, atom }) => {
  const lanes = laneCodes(v!, support, atom);
  const added = lanes.reduce((s, lane) =>
    isLong(laneOf(x.result.type)) ? call(support.use('long_add'), s, lane) : infix(s, '+', lane),
  );
  return fromLanes(x.result.type, [added]);
};

/** A scalar as a lane of the type: small integers keep their low bits. */
function asLane(code: Code, type: string, x: ComputeInstruction, operand: number, context: SpellContext): Code {
  const lane = laneOf(type);
  const from = x.operands[operand] ?? internalError(`${x.opcode} lacks operand ${operand}`);
  if (from.type !== 'i32' || lane === 'i32') return code;
  const range = context.rangeOf(from);
  if (fitsLane(range, lane)) return code;
  const converted: ComputeInstruction = { ...x, opcode: 'convert', operands: [from], immediates: {} };
  return spellLanes({ ...laneSite(context, converted, 1), to: lane, exact: range }, [code]);
}

/** What a local for a value may be called. */
function nameOf(v: LoopValue | undefined): string | undefined {
  const x = v?.definition;
  const source = x?.kind === 'compute' && x.opcode === 'select' ? x.operands[1]?.definition : x;
  return v?.name ?? (source?.kind === 'load' ? source.buffer.name : undefined);
}

const splat: Spelling = (x, [v], context) => {
  const { type } = x.result;
  const source = v!;
  if (lanesOf(source.type) % 4 === 0 && isByte(laneOf(type))) {
    const words = source.chunks.map((_, c) => context.atom(asWord(source, c), nameOf(x.operands[0])));
    const chunks = chunkWidths(type).map((_, c): Chunk => ({ form: 'word', code: words[c % words.length]! }));
    return { type, chunks };
  }
  const codes = laneCodes(source, context.support, context.atom).map((c) =>
    context.atom(asLane(c, type, x, 0, context), nameOf(x.operands[0])),
  );
  return fromLanes(
    type,
    Array.from({ length: lanesOf(type) }, (_, l) => codes[l % codes.length]!),
  );
};

const insert: Spelling = (x, operands, context) => {
  const [v, y] = operands as [Register, Register];
  const at = x.immediates.lanes?.[0];
  const lane = asLane(asValue(y, 0), v.type, x, 1, context);
  const codes = laneCodes(v, context.support, context.atom);
  return fromLanes(
    v.type,
    codes.map((code, l) => (l === at ? lane : code)),
  );
};

const extract: Spelling = (x, [v], { support, atom }) => {
  const code = laneCodes(v!, support, atom)[x.immediates.lanes?.[0] ?? 0];
  return fromLanes(x.result.type, [code ?? internalError('there is no such lane')]);
};

const shuffle: Spelling = (x, [a, b], { support, atom }) => {
  const both = [...laneCodes(a!, support, atom), ...laneCodes(b!, support, atom)];
  return fromLanes(
    x.result.type,
    (x.immediates.lanes ?? []).map((l) => both[l] ?? internalError('there is no such lane')),
  );
};

/** Opcodes that move lanes or add across them. */
const acrossLanes: Partial<Record<Opcode, Spelling>> & Record<Exclude<Opcode, LaneWiseOpcode>, Spelling> = {
  dot,
  sum,
  splat,
  insert,
  shuffle,
  extract,
};
