// The code of one WebAssembly function while it is built: its locals and its statements in order. Expressions of
// binaryen are trees in which every node has one parent, so what is used more than once goes through a local; binaryen's
// passes fold locals that were not needed back into expressions.
import type binaryen from 'binaryen';
import { internalError } from '../../ir/diagnostics.ts';

export type Expression = binaryen.ExpressionRef;
export type WasmType = binaryen.Type;

/** A value that can be read any number of times: each call makes a new expression for it. */
export type Piece = () => Expression;

/** A variable of the function. */
export interface Local {
  readonly type: WasmType;
  readonly get: Piece;
  set(value: Expression): void;
}

export class FunctionCode {
  private statements: Expression[] = [];
  /** Types of the locals behind the parameters. */
  readonly variables: WasmType[] = [];
  private labels = 0;
  readonly module: binaryen.Module;
  private readonly parameterCount: number;
  private readonly addressOfConstant: (data: Uint8Array) => number;

  /** `addressOfConstant`: where the constants of the code are in memory. */
  constructor(
    module: binaryen.Module,
    parameterCount: number,
    addressOfConstant: (data: Uint8Array) => number = () => internalError('the function has no constants in memory'),
  ) {
    this.module = module;
    this.parameterCount = parameterCount;
    this.addressOfConstant = addressOfConstant;
  }

  /** A vector out of memory. */
  constantVector(data: Uint8Array): Expression {
    return this.module.v128.load(this.addressOfConstant(data), data.length, this.module.i32.const(0));
  }

  add(statement: Expression): void {
    this.statements.push(statement);
  }

  /** A parameter of the function. */
  parameter(index: number, type: WasmType): Local {
    return this.localAt(index, type);
  }

  local(type: WasmType): Local {
    return this.localAt(this.parameterCount + this.variables.push(type) - 1, type);
  }

  private localAt(index: number, type: WasmType): Local {
    return {
      type,
      get: () => this.module.local.get(index, type),
      set: (value) => this.add(this.module.local.set(index, value)),
    };
  }

  /** Computes an expression here, to be read later. */
  hold(type: WasmType, value: Expression): Piece {
    const local = this.local(type);
    local.set(value);
    return local.get;
  }

  /** All statements, as the function's body. */
  body(): Expression {
    return this.module.block(null, this.statements);
  }

  /** What `build` adds, as one statement. */
  collect(build: () => void): Expression {
    const outer = this.statements;
    this.statements = [];
    build();
    const block = this.module.block(null, this.statements);
    this.statements = outer;
    return block;
  }

  /** A label that no other loop of the function has. */
  label(): string {
    return `loop${this.labels++}`;
  }
}
