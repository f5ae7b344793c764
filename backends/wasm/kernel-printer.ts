// Prints one kernel as a WebAssembly function: structured loops over locals. Every value gets locals of its own when it
// is computed; binaryen's passes fold them into expressions and let those that do not meet share one.
import binaryen from 'binaryen';
import { internalError } from '../../ir/diagnostics.ts';
import { orderAssignments } from '../../ir/loops/assignments.ts';
import type {
  Block,
  ComputeInstruction,
  ForInstruction,
  IfInstruction,
  Instruction,
  Kernel,
  LoadInstruction,
  LoopValue,
  StoreInstruction,
} from '../../ir/loops/kernel.ts';
import type { LaneValue } from '../../ir/loops/opcodes.ts';
import type { KernelRanges } from '../../ir/loops/ranges.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { type KernelUses, kernelUses } from '../../ir/loops/uses.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { type Address, addressOf, type Base } from './addressing.ts';
import { type ElementRun, elementRun, type RunStart } from './element-runs.ts';
import { extendingLoads } from './extending-loads.ts';
import type { WasmFeatures } from './features.ts';
import type { Expression, FunctionCode, Local } from './function-code.ts';
import { spellExtendingLoad, spellLoad, spellStore } from './memory-access.ts';
import { holdRegister, pieceType, type Register } from './register.ts';
import { widenLanes } from './resize-lanes.ts';
import type { Runtime } from './runtime.ts';
import { chunksOf, type Shape, scalarType, shapeOf } from './shape.ts';
import { constant, siteOf } from './site.ts';
import { resultRepeats, spellInstruction } from './spelling.ts';

/** What a kernel's function is made with: where its buffers are, and its scalars. */
export interface KernelPlacement {
  base(buffer: Buffer): Base;
  scalar(index: number): Register | LaneValue;
  /** True when two buffers share no byte in any call. */
  areApart(a: Buffer, b: Buffer): boolean;
  readonly runtime: Runtime;
  readonly features: WasmFeatures;
}

/** Adds the kernel's body to the function. */
export function printKernel(
  code: FunctionCode,
  kernel: Kernel,
  ranges: KernelRanges,
  placement: KernelPlacement,
): void {
  new KernelPrinter(code, kernel, ranges, placement).print();
}

/** A loop that moves fewer bytes stays a loop: a call would cost more. */
const leastRunBytes = 8;

/** A register whose values can be assigned. */
interface Variable extends Register {
  readonly locals: readonly Local[];
}

class KernelPrinter {
  private readonly uses: KernelUses;
  private readonly simd: boolean;
  private readonly registers = new Map<LoopValue, Register>();
  /** Conversions that are done by the load of their operand. */
  private readonly extended: ReadonlyMap<ComputeInstruction, LoadInstruction>;
  private readonly extendedLoads: ReadonlySet<LoadInstruction>;

  constructor(
    private readonly code: FunctionCode,
    private readonly kernel: Kernel,
    private readonly ranges: KernelRanges,
    private readonly placement: KernelPlacement,
  ) {
    this.uses = kernelUses(kernel);
    this.simd = placement.features !== 'scalar';
    this.extended = this.simd ? extendingLoads(kernel, this.uses) : new Map();
    this.extendedLoads = new Set(this.extended.values());
  }

  print(): void {
    this.kernel.scalars.forEach((s, i) => {
      const given = this.placement.scalar(i);
      this.registers.set(s, typeof given === 'object' ? given : this.constant(s, given));
    });
    this.block(this.kernel.body);
  }

  private readonly rangeOf = (v: LoopValue) =>
    this.ranges.values.get(v) ?? internalError(`kernel ${this.kernel.name} has a value without a range`);

  private shape(v: LoopValue): Shape {
    return shapeOf(v.type, this.simd);
  }

  private constant(v: LoopValue, value: LaneValue): Register {
    const shape = this.shape(v);
    return { shape, pieces: [() => constant(this.code.module, scalarType(shape.lane), value)] };
  }

  private readonly read = (v: LoopValue): Register =>
    this.registers.get(v) ?? internalError(`kernel ${this.kernel.name} reads a value before it is defined`);

  /** The expression of a scalar value. */
  private readonly readScalar = (v: LoopValue): Expression => this.read(v).pieces[0]!();

  private block(block: Block): void {
    for (const x of block.body) if (this.uses.matters(x)) this.instruction(x);
  }

  private instruction(x: Instruction): void {
    switch (x.kind) {
      case 'const':
        this.registers.set(x.result, this.constant(x.result, x.value));
        return;
      case 'compute': {
        const load = this.extended.get(x);
        if (load === undefined) this.compute(x);
        else this.extendingLoad(x, load);
        return;
      }
      case 'load': {
        if (this.extendedLoads.has(x)) return;
        const shape = this.shape(x.result);
        const values = spellLoad(this.code, x.buffer.element, shape, (bytes) => this.address(x, bytes), x.align);
        this.registers.set(x.result, holdRegister(this.code, shape, values, shape.packed && shape.pieces === 1));
        return;
      }
      case 'store':
        spellStore(this.code, x.buffer.element, this.read(x.value), (bytes) => this.address(x, bytes), x.align);
        return;
      case 'for':
        this.loop(x);
        return;
      case 'if':
        this.conditional(x);
    }
  }

  private compute(x: ComputeInstruction): void {
    const shape = this.shape(x.result);
    const site = siteOf(this.code, x, this.rangeOf, this.placement.features === 'relaxed');
    const operands = x.operands.map(this.read);
    const values = spellInstruction(site, operands, shape, this.read);
    this.registers.set(x.result, holdRegister(this.code, shape, values, resultRepeats(site, operands, shape)));
  }

  /** A load that extends lanes to twice their width, and what is left of the conversion. */
  private extendingLoad(x: ComputeInstruction, load: LoadInstruction): void {
    const { code } = this;
    const [from, shape] = [this.shape(load.result), this.shape(x.result)];
    const signed = from.lane !== 'u8';
    const bits = from.bits as 8 | 16 | 32;
    const at = (bytes: number) => this.address(load, bytes);
    const count = chunksOf(from.lanes, 2 * bits);
    const loaded = spellExtendingLoad(code, bits, signed, count, at, load.align);
    const held = loaded.map((value) => code.hold(pieceType(shape), value));
    const how = signed ? 'signed' : 'unsigned';
    this.registers.set(x.result, { shape, pieces: widenLanes(code, held, shape.lanes, 2 * bits, shape.bits, how) });
  }

  private address({ buffer, index }: LoadInstruction | StoreInstruction, bytes: number): Address {
    const base = this.placement.base(buffer);
    const size = bytesPerElement(buffer.element);
    const address = addressOf(this.code, base, index, size, this.readScalar, this.rangeOf);
    return { pointer: address.pointer, offset: address.offset + bytes };
  }

  /** Locals for a value that changes over time. */
  private variable(v: LoopValue): Variable {
    const shape = this.shape(v);
    const locals = Array.from({ length: shape.pieces }, () => this.code.local(pieceType(shape)));
    const variable = { shape, locals, pieces: locals.map((l) => l.get) };
    this.registers.set(v, variable);
    return variable;
  }

  private assign(to: Variable, from: Register): void {
    to.locals.forEach((local, i) => {
      local.set(from.pieces[i]!());
    });
  }

  /** What the loop does where a call of the runtime can do it. */
  private runOf(x: ForInstruction): ElementRun | undefined {
    const run = elementRun(x, this.uses);
    if (run === undefined) return undefined;
    const most = this.rangeOf(x.upper).max - this.rangeOf(x.lower).min;
    if (most * bytesPerElement(run.store.buffer.element) < leastRunBytes) return undefined;
    return run.kind === 'fill' || this.placement.areApart(run.load.buffer, run.store.buffer) ? run : undefined;
  }

  /** A loop over consecutive elements as a call. */
  private elementRun(x: ForInstruction, run: ElementRun): void {
    const { code, placement } = this;
    const { i32 } = code.module;
    const size = bytesPerElement(run.store.buffer.element);
    const bytes = (elements: Expression) => (size === 1 ? elements : i32.shl(elements, i32.const(Math.log2(size))));
    const start = (buffer: Buffer, terms: RunStart) => {
      const first = [...terms, x.lower].map(this.readScalar).reduce((sum, term) => i32.add(sum, term));
      const base = placement.base(buffer);
      return i32.add(typeof base === 'number' ? i32.const(base) : base(), bytes(first));
    };
    const count = bytes(i32.sub(this.readScalar(x.upper), this.readScalar(x.lower)));
    const to = start(run.store.buffer, run.to);
    const from = run.kind === 'copy' ? start(run.load.buffer, run.from) : this.readScalar(run.value);
    code.add(code.module.call(placement.runtime.use(run.kind), [to, from, count], binaryen.none));
  }

  /** The condition is tested at the end; a loop that may have no iteration stands in an `if`. */
  private loop(x: ForInstruction): void {
    const run = this.runOf(x);
    if (run !== undefined) {
      this.elementRun(x, run);
      return;
    }
    const { code } = this;
    const { module: m } = code;
    const [counterArg] = x.block.args;
    const carried = this.uses.carried(x).map((c) => ({ ...c, variable: this.variable(c.arg) }));
    // The inits are read before any variable of the loop exists, so none is overwritten too early.
    for (const { variable, init, result } of carried) {
      this.assign(variable, this.read(init));
      this.registers.set(result, variable);
    }
    const counter = this.variable(counterArg!);
    const [lower, upper] = [this.rangeOf(x.lower), this.rangeOf(x.upper)];
    const [at] = counter.locals as [Local];
    at.set(this.readScalar(x.lower));
    const label = code.label();
    const body = code.collect(() => {
      this.block(x.block);
      this.handOn(carried.map(({ variable, next }) => ({ to: variable, from: this.read(next) })));
      // The counter after the last iteration may be too large for i32; then the distance to the end decides.
      const step = () => m.i32.const(x.step);
      const distance = () => m.i32.sub(this.readScalar(x.upper), at.get());
      const wraps = upper.max + x.step > 2 ** 31 - 1;
      if (!wraps) at.set(m.i32.add(at.get(), step()));
      const more = wraps
        ? code.hold(at.type, m.i32.gt_u(distance(), step()))
        : () => m.i32.lt_s(at.get(), this.readScalar(x.upper));
      if (wraps) at.set(m.i32.add(at.get(), step()));
      code.add(m.br(label, more()));
    });
    const loop = m.loop(label, body);
    const runs = lower.max < upper.min;
    code.add(runs ? loop : m.if(m.i32.lt_s(at.get(), this.readScalar(x.upper)), loop));
  }

  /** Assigns the next values of a loop, all at once. */
  private handOn(moves: readonly { readonly to: Variable; readonly from: Register }[]): void {
    const assignments = moves
      .filter(({ to, from }) => to !== from)
      .map((move) => ({ ...move, target: move.to as Register, reads: new Set([move.from]) }));
    const { saved, ordered } = orderAssignments(assignments);
    const temporaries = saved.map(({ from }) =>
      holdRegister(
        this.code,
        from.shape,
        from.pieces.map((p) => p()),
      ),
    );
    for (const { to, from } of ordered) this.assign(to, from);
    saved.forEach(({ to }, i) => {
      this.assign(to, temporaries[i]!);
    });
  }

  private conditional(x: IfInstruction): void {
    const { code } = this;
    const { module: m } = code;
    const condition = this.readScalar(x.condition);
    const live = x.results.map((v) => this.uses.isLive(v));
    // A result has no variable yet while the branches are printed: they cannot read it.
    const variables = x.results.map((v, i) => (live[i] ? this.variable(v) : undefined));
    const branch = (block: Block) =>
      code.collect(() => {
        this.block(block);
        variables.forEach((variable, i) => {
          if (variable !== undefined) this.assign(variable, this.read(block.results[i]!));
        });
      });
    const consequent = branch(x.consequent);
    const alternate = branch(x.alternate);
    code.add(m.if(condition, consequent, alternate));
  }
}
