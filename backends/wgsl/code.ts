// WGSL expressions as text, with how tightly they bind: printed shaders have the parentheses they need and few others.

/** How tightly an expression's outermost operator binds. Shifts, bitwise operators and comparisons do not mix in WGSL. */
export const Level = { primary: 3, unary: 2, product: 1, sum: 0, loose: -1 } as const;
export type Level = (typeof Level)[keyof typeof Level];

/** A WGSL expression. */
export interface Code {
  readonly text: string;
  readonly level: Level;
  /** Of an infix expression: its parts, from which `x = x + y` becomes `x += y`. */
  readonly infix?: { readonly operator: string; readonly left: Code; readonly right: Code };
}

/** A name, a literal without sign, anything postfix. */
export function primary(text: string): Code {
  return { text, level: Level.primary };
}

/** A number's text, which may begin with a sign. */
export function signed(text: string): Code {
  return { text, level: text.startsWith('-') ? Level.unary : Level.primary };
}

export function call(name: string, ...operands: readonly Code[]): Code {
  return primary(`${name}(${operands.map((o) => o.text).join(', ')})`);
}

function within(code: Code, level: Level): string {
  return code.level >= level ? code.text : `(${code.text})`;
}

const arithmetic: Readonly<Record<string, { level: Level; right: Level }>> = {
  '*': { level: Level.product, right: Level.unary },
  '/': { level: Level.product, right: Level.unary },
  '%': { level: Level.product, right: Level.unary },
  '+': { level: Level.sum, right: Level.product },
  '-': { level: Level.sum, right: Level.product },
};

export function infix(left: Code, operator: string, right: Code): Code {
  // Minus the least i32 is no i32.
  if (operator === '+' && /^-[0-9]+(\.|$)/.test(right.text) && right.text !== '-2147483648') {
    return infix(left, '-', primary(right.text.slice(1)));
  }
  const rule = arithmetic[operator];
  const text =
    rule === undefined
      ? `${within(left, Level.unary)} ${operator} ${within(right, Level.unary)}`
      : `${within(left, rule.level)} ${operator} ${within(right, rule.right)}`;
  return { text, level: rule?.level ?? Level.loose, infix: { operator, left, right } };
}

export function prefix(operator: '-' | '!', operand: Code): Code {
  const text = within(operand, Level.unary);
  // Two minus signs in a row would be a decrement.
  return { text: text.startsWith(operator) ? `${operator}(${text})` : `${operator}${text}`, level: Level.unary };
}

/** A component of a vector. */
export function component(vector: Code, lane: number): Code {
  return primary(`${within(vector, Level.primary)}.${'xyzw'[lane]}`);
}

export function element(array: string, index: Code): Code {
  return primary(`${array}[${index.text}]`);
}

/** An expression as an operand of `&&` or of a call, where `a < b, c > d` would read as a template's arguments. */
export function bracketed(code: Code): Code {
  return code.level === Level.loose ? primary(`(${code.text})`) : code;
}

/** True for names and literals, which cost nothing to repeat. */
export function isAtom(code: Code): boolean {
  return /^-?[A-Za-z0-9_.]+$/.test(code.text);
}
