// C expressions as text with their precedence, so that printed C has the parentheses it needs and no others.

import type { Range } from '../../ir/loops/range-rules.ts';

/** How tightly an expression's outermost operator binds, from names and calls to `?:`. */
export const Level = {
  primary: 0,
  unary: 1,
  product: 2,
  sum: 3,
  shift: 4,
  relation: 5,
  equality: 6,
  bitAnd: 7,
  bitXor: 8,
  bitOr: 9,
  and: 10,
  or: 11,
  conditional: 12,
} as const;
export type Level = (typeof Level)[keyof typeof Level];

/** A C expression. */
export interface Code {
  readonly text: string;
  readonly level: Level;
  /** What values it has, where that is known. */
  readonly range?: Range;
  /** Of an infix expression that is one operator: its parts, from which `x = x + y` becomes `x += y`. */
  readonly infix?: { readonly operator: InfixOperator; readonly left: Code; readonly right: Code };
}

/** A name, a literal without sign, anything postfix. */
export function primary(text: string): Code {
  return { text, level: Level.primary };
}

export function call(name: string, operands: readonly Code[]): Code {
  return primary(`${name}(${operands.map((o) => o.text).join(', ')})`);
}

function within(code: Code, level: Level): string {
  return code.level <= level ? code.text : `(${code.text})`;
}

interface Infix {
  readonly level: Level;
  /** Loosest operands that stand without parentheses; `-Wparentheses` asks for more than the grammar does. */
  readonly left: Level;
  readonly right: Level;
}

const arithmetic = (level: Level, right: Level): Infix => ({ level, left: level, right });
const strict = (level: Level): Infix => ({ level, left: Level.unary, right: Level.unary });
const comparing = (level: Level): Infix => ({ level, left: Level.sum, right: Level.sum });

const infixes = {
  '*': arithmetic(Level.product, Level.unary),
  '/': arithmetic(Level.product, Level.unary),
  '%': arithmetic(Level.product, Level.unary),
  '+': arithmetic(Level.sum, Level.product),
  '-': arithmetic(Level.sum, Level.product),
  '<<': strict(Level.shift),
  '>>': strict(Level.shift),
  '<': comparing(Level.relation),
  '<=': comparing(Level.relation),
  '>': comparing(Level.relation),
  '>=': comparing(Level.relation),
  '==': comparing(Level.equality),
  '!=': comparing(Level.equality),
  '&': strict(Level.bitAnd),
  '^': strict(Level.bitXor),
  '|': strict(Level.bitOr),
  '&&': { level: Level.and, left: Level.equality, right: Level.equality },
  '||': { level: Level.or, left: Level.equality, right: Level.equality },
} as const satisfies Record<string, Infix>;
export type InfixOperator = keyof typeof infixes;

/** Chains of one of these read without parentheses: a && b && c. */
const chains: readonly InfixOperator[] = ['&&', '||', '&', '|', '^'];

export function infix(left: Code, operator: InfixOperator, right: Code): Code {
  if (operator === '+' && right.text.startsWith('-') && right.level === Level.unary) {
    return infix(left, '-', { text: right.text.slice(1), level: Level.unary });
  }
  const rule = infixes[operator];
  const chained = chains.includes(operator) && left.infix?.operator === operator;
  const leftText = chained ? left.text : within(left, rule.left);
  return {
    text: `${leftText} ${operator} ${within(right, rule.right)}`,
    level: rule.level,
    infix: { operator, left, right },
  };
}

export function prefix(operator: '-' | '!', operand: Code): Code {
  const text = within(operand, Level.unary);
  // Two minus signs in a row would be a decrement.
  return { text: text.startsWith(operator) ? `${operator}(${text})` : `${operator}${text}`, level: Level.unary };
}

export function cast(type: string, operand: Code): Code {
  return { text: `(${type})${within(operand, Level.unary)}`, level: Level.unary };
}

export function conditional(condition: Code, a: Code, b: Code): Code {
  const [c, x, y] = [condition, a, b].map((code) => within(code, Level.or));
  return { text: `${c} ? ${x} : ${y}`, level: Level.conditional };
}

/** `array[index]`, or what a pointer points to at an index. */
export function element(array: string, index: Code): Code {
  return primary(`${array}[${index.text}]`);
}

/** The address of an element; the array itself for index 0. */
export function address(array: string, index: Code): Code {
  return index.text === '0' ? primary(array) : infix(primary(array), '+', index);
}
