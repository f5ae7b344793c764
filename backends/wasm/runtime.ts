// Functions that a module has where its kernels use them: copying and filling of bytes, as many at a time as the module's
// instructions move.
import binaryen from 'binaryen';
import { FunctionCode, type Local } from './function-code.ts';

export type RuntimeFunction = 'copy' | 'fill';

export class Runtime {
  private readonly used = new Set<RuntimeFunction>();

  constructor(
    private readonly m: binaryen.Module,
    private readonly simd: boolean,
  ) {}

  /** The name of a function with parameters (destination, source address or byte, count). */
  use(name: RuntimeFunction): string {
    if (!this.used.has(name)) {
      this.used.add(name);
      this.define(name);
    }
    return name;
  }

  /**
   * Whole chunks from the start on, then one that ends where the bytes do: it may overlap the one before it, which
   * changes nothing since source and destination are apart. Fewer bytes than a chunk go one by one; a count below 1 is 0.
   */
  private define(name: RuntimeFunction): void {
    const { m, simd } = this;
    const { i32, i64, v128 } = m;
    const parameters = [binaryen.i32, binaryen.i32, binaryen.i32];
    const code = new FunctionCode(m, parameters.length);
    const [to, from, count] = parameters.map((type, i) => code.parameter(i, type)) as [Local, Local, Local];
    const size = simd ? 16 : 8;
    const copies = name === 'copy';
    const chunk = copies ? from.get : code.hold(simd ? binaryen.v128 : binaryen.i64, this.filled(from));
    const move = () => {
      const load = simd ? v128.load(0, 1, from.get()) : i64.load(0, 1, from.get());
      const value = copies ? load : chunk();
      code.add(simd ? v128.store(0, 1, to.get(), value) : i64.store(0, 1, to.get(), value));
    };
    const advance = (bytes: number) => {
      to.set(i32.add(to.get(), i32.const(bytes)));
      if (copies) from.set(i32.add(from.get(), i32.const(bytes)));
    };
    const chunks = code.collect(() => {
      const last = code.hold(binaryen.i32, i32.sub(i32.add(to.get(), count.get()), i32.const(size)));
      const body = code.collect(() => {
        move();
        advance(size);
        code.add(m.br('chunks', i32.lt_u(to.get(), last())));
      });
      code.add(m.if(i32.lt_u(to.get(), last()), m.loop('chunks', body)));
      if (copies) from.set(i32.add(from.get(), i32.sub(last(), to.get())));
      to.set(last());
      move();
    });
    const bytes = code.collect(() => {
      const body = code.collect(() => {
        code.add(i32.store8(0, 1, to.get(), copies ? i32.load8_u(0, 1, from.get()) : from.get()));
        advance(1);
        count.set(i32.sub(count.get(), i32.const(1)));
        code.add(m.br('bytes', count.get()));
      });
      code.add(m.if(i32.gt_s(count.get(), i32.const(0)), m.loop('bytes', body)));
    });
    code.add(m.if(i32.ge_s(count.get(), i32.const(size)), chunks, bytes));
    m.addFunction(name, binaryen.createType(parameters), binaryen.none, code.variables, code.body());
  }

  /** A chunk of equal bytes. */
  private filled(byte: Local): binaryen.ExpressionRef {
    const { i32, i64, i8x16 } = this.m;
    if (this.simd) return i8x16.splat(byte.get());
    return i64.mul(i64.extend_u(i32.and(byte.get(), i32.const(0xff))), i64.const(0x0101010101010101n));
  }
}
