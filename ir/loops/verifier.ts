// Checks that kernels keep the rules of the loop IR: SSA form with block scopes, opcode types, buffer roles, loop and
// block shapes, and accesses that provably leave their buffers.
import { CompileError, type Diagnostic, quoteName } from '../diagnostics.ts';
import { isElementType } from '../types.ts';
import { accessesOutside } from './bounds.ts';
import type {
  Block,
  ComputeInstruction,
  ConstInstruction,
  ForInstruction,
  IfInstruction,
  Instruction,
  Kernel,
  LoadInstruction,
  LoopValue,
  StoreInstruction,
} from './kernel.ts';
import { isOpcode, opcodeRow, wrapLane } from './opcodes.ts';
import { printInstruction } from './printer.ts';
import { type Buffer, isLoopType, laneOf, laneOfElement, lanesOf, loadedType, loopType } from './types.ts';

/** A broken rule, and the instruction that breaks it; absent where the kernel's signature does. */
export interface KernelProblem {
  readonly message: string;
  readonly instruction?: Instruction;
}

const roles = ['in', 'out', 'inout', 'const', 'scratch'];
const maxLength = 2 ** 31 - 1;
const maxAlign = 4096;

class KernelVerifier {
  readonly problems: KernelProblem[] = [];
  private readonly kernel: Kernel;
  private readonly buffers: ReadonlySet<Buffer>;
  private readonly visible = new Set<LoopValue>();
  private readonly defined = new Set<LoopValue>();
  private current: Instruction | undefined;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.buffers = new Set(kernel.buffers);
  }

  verify(): KernelProblem[] {
    const { kernel } = this;
    const names = new Set<string>();
    for (const b of kernel.buffers) {
      this.require(!names.has(b.name), `two buffers have the name ${quoteName(b.name)}`);
      names.add(b.name);
      this.buffer(b);
    }
    for (const v of kernel.scalars) {
      this.define(v, undefined);
      this.require(!isLoopType(v.type) || lanesOf(v.type) === 1, `a parameter is a scalar, not ${v.type}`);
    }
    this.require(kernel.body.args.length === 0, 'the body of a kernel takes no arguments');
    this.require(kernel.body.results.length === 0, 'the body of a kernel yields nothing');
    this.block(kernel.body);
    // The analysis of bounds relies on all of the above.
    if (this.problems.length === 0) this.bounds();
    return this.problems;
  }

  private require(condition: boolean, message: string): void {
    if (condition) return;
    this.problems.push(this.current === undefined ? { message } : { message, instruction: this.current });
  }

  private buffer(b: Buffer): void {
    const what = `buffer ${quoteName(b.name)}`;
    this.require(roles.includes(b.role), `${what} has no role ${quoteName(b.role)}`);
    const length = Number.isInteger(b.length) && b.length >= 0 && b.length <= maxLength;
    this.require(length, `${what} has a length that is not in [0, ${maxLength}]`);
    this.require(isElementType(b.element) && b.element !== 'f16', `${what} cannot have elements of ${b.element}`);
  }

  private define(v: LoopValue, by: Instruction | undefined): void {
    this.require(!this.defined.has(v), 'defines a value a second time');
    this.require(isLoopType(v.type), `${quoteName(v.type)} is not a type of the loop IR`);
    this.require(v.definition === by, 'a value names another instruction as its definition');
    this.defined.add(v);
    this.visible.add(v);
  }

  /** True when a value may be used here and has a type to reason about. */
  private use(v: LoopValue): boolean {
    this.require(
      this.visible.has(v),
      this.defined.has(v) ? 'uses a value out of its block' : 'uses a value before its definition',
    );
    return isLoopType(v.type);
  }

  private block(block: Block): void {
    const outer = this.current;
    const scope: LoopValue[] = [...block.args];
    for (const v of block.args) this.define(v, undefined);
    for (const x of block.body) {
      this.current = x;
      scope.push(...this.instruction(x));
    }
    this.current = outer;
    for (const v of block.results) this.use(v);
    for (const v of scope) this.visible.delete(v);
  }

  /** Checks an instruction and returns what it defines. */
  private instruction(x: Instruction): readonly LoopValue[] {
    switch (x.kind) {
      case 'const':
        this.constant(x);
        return this.results(x, [x.result]);
      case 'compute':
        this.compute(x);
        return this.results(x, [x.result]);
      case 'load':
        this.load(x);
        return this.results(x, [x.result]);
      case 'store':
        this.store(x);
        return [];
      case 'for':
        this.loop(x);
        return this.results(x, x.results);
      case 'if':
        this.conditional(x);
        return this.results(x, x.results);
    }
  }

  private results(x: Instruction, results: readonly LoopValue[]): readonly LoopValue[] {
    for (const v of results) this.define(v, x);
    return results;
  }

  private constant({ value, result }: ConstInstruction): void {
    if (!isLoopType(result.type)) return;
    this.require(lanesOf(result.type) === 1, `a constant is a scalar, not ${result.type}`);
    const lane = laneOf(result.type);
    const fits = (typeof value === 'bigint') === (lane === 'i64') && Object.is(wrapLane(lane, value), value);
    this.require(fits, `${value} is no value of ${result.type}`);
  }

  private compute({ opcode, operands, immediates, result }: ComputeInstruction): void {
    // Each operand is looked at, whether or not one before it is at fault.
    const usable = operands.map((v) => this.use(v)).every((ok) => ok);
    if (!isOpcode(opcode)) {
      this.require(false, `there is no opcode ${quoteName(opcode)}`);
      return;
    }
    const row = opcodeRow(opcode);
    if (operands.length !== row.operands) {
      this.require(false, `${opcode} takes ${row.operands} operands, got ${operands.length}`);
      return;
    }
    if (!usable || !isLoopType(result.type)) return;
    const types = operands.map((v) => v.type);
    const type = row.type(types, immediates, result.type);
    if (typeof type !== 'string') this.require(false, `${opcode} ${type.problem}`);
    else this.require(type === result.type, `${opcode} gives ${type}, not ${result.type}`);
  }

  private place(x: LoadInstruction | StoreInstruction): boolean {
    this.require(this.buffers.has(x.buffer), `buffer ${quoteName(x.buffer.name)} is no parameter of the kernel`);
    this.use(x.index);
    this.require(x.index.type === 'i32', `an index is i32, not ${x.index.type}`);
    const align = x.align >= 1 && x.align <= maxAlign && Number.isInteger(Math.log2(x.align));
    this.require(align, `an alignment is a power of two in [1, ${maxAlign}], not ${x.align}`);
    return this.buffers.has(x.buffer) && isElementType(x.buffer.element) && x.buffer.element !== 'f16';
  }

  /** The type of a register that moves elements of this buffer: as many lanes as `type` has. */
  private moved({ element }: Buffer, type: string): string {
    const lanes = lanesOf(type);
    return lanes === 1 ? loadedType(element) : loopType(laneOfElement(element), lanes);
  }

  private load(x: LoadInstruction): void {
    if (!this.place(x) || !isLoopType(x.result.type)) return;
    const type = this.moved(x.buffer, x.result.type);
    this.require(
      x.result.type === type,
      `a load from ${x.buffer.element} elements gives ${type}, not ${x.result.type}`,
    );
  }

  private store(x: StoreInstruction): void {
    const usable = this.use(x.value);
    if (!this.place(x) || !usable) return;
    const { name, role, element } = x.buffer;
    this.require(role !== 'in' && role !== 'const', `buffer ${quoteName(name)} is ${role}: it must not be written`);
    const type = this.moved(x.buffer, x.value.type);
    this.require(x.value.type === type, `a store to ${element} elements takes ${type}, not ${x.value.type}`);
  }

  private sameTypes(what: string, found: readonly LoopValue[], expected: readonly LoopValue[]): void {
    const list = (values: readonly LoopValue[]) => `(${values.map((v) => v.type).join(', ')})`;
    const same = found.length === expected.length && found.every((v, i) => v.type === expected[i]?.type);
    this.require(same, `${what} ${list(found)}, not ${list(expected)}`);
  }

  private loop(x: ForInstruction): void {
    for (const v of [x.lower, x.upper]) {
      this.use(v);
      this.require(v.type === 'i32', `the bounds of a loop are i32, not ${v.type}`);
    }
    const step = Number.isInteger(x.step) && x.step >= 1 && x.step <= maxLength;
    this.require(step, `the step of a loop is a positive integer, not ${x.step}`);
    for (const v of x.inits) this.use(v);
    this.require(x.mode !== 'parallel' || x.inits.length === 0, 'a parallel loop carries no values');
    const [counter, ...carried] = x.block.args;
    this.require(counter?.type === 'i32', 'the first argument of a loop is its i32 counter');
    this.sameTypes('the carried values have types', carried, x.inits);
    this.block(x.block);
    this.sameTypes('the loop yields', x.block.results, carried);
    this.sameTypes('the results have types', x.results, x.inits);
  }

  private conditional(x: IfInstruction): void {
    this.use(x.condition);
    this.require(x.condition.type === 'bool', `a condition is bool, not ${x.condition.type}`);
    for (const branch of [x.consequent, x.alternate]) {
      this.require(branch.args.length === 0, 'a branch takes no arguments');
      this.block(branch);
      this.sameTypes('a branch yields', branch.results, x.results);
    }
  }

  private bounds(): void {
    for (const { access, elements } of accessesOutside(this.kernel)) {
      this.current = access;
      const { name, length } = access.buffer;
      const reached = elements.min < 0 ? elements.min : elements.max;
      this.require(false, `reaches element ${reached} of buffer ${quoteName(name)}, which has ${length}`);
    }
  }
}

/** Every rule that a kernel breaks, with the instruction at fault. */
export function kernelProblems(kernel: Kernel): readonly KernelProblem[] {
  return new KernelVerifier(kernel).verify();
}

/** Every rule that a kernel breaks, as diagnostics that show the instruction; empty for a sound kernel. */
export function verifyKernel(kernel: Kernel): Diagnostic[] {
  return kernelProblems(kernel).map(({ message, instruction }) => {
    const at = instruction === undefined ? '' : `, ${printInstruction(kernel, instruction)}`;
    return {
      code: 'I8C0102',
      severity: 'error',
      message: `${message}.`,
      where: `kernel ${quoteName(kernel.name)}${at}`,
    };
  });
}

/** Throws the diagnostics of {@link verifyKernel}, if any. */
export function assertKernelVerified(kernel: Kernel): void {
  const diagnostics = verifyKernel(kernel);
  if (diagnostics.length > 0) throw new CompileError(diagnostics);
}
