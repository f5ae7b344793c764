// The files that the C backend writes, as a firmware uses them: interface, state, arena, weights, self-test; names and
// comments out of a hostile model; and the same bytes every time.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { printC } from '../../backends/c/print.ts';
import { printSelftest } from '../../backends/c/selftest.ts';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { perTensor } from '../../ir/types.ts';
import { hasCompiler } from '../c-compiler.ts';
import { accumulatorProgram, chainProgram } from '../loops/small-programs.ts';
import { compileAndRun, strictFlags } from './c-harness.ts';

const gcc = it.skipIf(!hasCompiler('gcc'));
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const textOf = (contents: string | Uint8Array | undefined) =>
  typeof contents === 'string' ? contents : decode(contents ?? new Uint8Array(0));

/** Builds the program's files with a main of our own and returns what it prints. */
function run(program: LoopProgram, name: string, main: string, flags: readonly string[] = []): string {
  const files = printC(program, { name });
  files.set('main.c', `#include <stdio.h>\n#include "${name}.h"\n${main}`);
  return decode(compileAndRun(files, 'gcc', [...strictFlags, '-fsanitize=address,undefined', ...flags]));
}

/** y = x * x + x in two roundings. */
function multiplyAdd(): LoopProgram {
  const x: Buffer = { name: 'x', element: 'f32', length: 8, role: 'in' };
  const y: Buffer = { name: 'y', element: 'f32', length: 8, role: 'out' };
  const b = new LoopBuilder();
  b.for(0, 8, (i) => {
    const value = b.load(x, i);
    b.store(y, i, b.add(b.mul(value, value), value));
  });
  const kernel = b.finish('fma', 'x * x + x', [x, y]);
  const storages: Storage[] = [
    { name: 'x', storage: 'input', element: 'f32', length: 8 },
    { name: 'y', storage: 'output', element: 'f32', length: 8 },
  ];
  const args = storages.map((storage) => ({ storage, offset: 0 }));
  const calls = [{ kernel, args, scalars: [], location: '' }];
  return { name: 'net', storages, kernels: [kernel], calls, arena: { offsets: new Map(), bytes: 0, lowerBound: 0 } };
}

describe('state', () => {
  const main = `
    static void show(void) {
      const int32_t x[4] = {1, 2, 3, 4};
      int32_t y[4];
      net_invoke(x, y);
      printf("%d %d\\n", (int)y[0], (int)y[3]);
    }
    int main(void) {
      show();
      show();
      net_reset();
      show();
      return 0;
    }`;

  gcc('starts without a call, is kept from run to run, and starts again after reset', () => {
    expect(run(accumulatorProgram(), 'net', main)).toBe('11 44\n12 48\n11 44\n');
  });

  gcc('may start as zeros or as one number', () => {
    const starting = (data: Int32Array | undefined): LoopProgram => {
      const program = accumulatorProgram();
      const storages = program.storages.map((s) => {
        if (s.storage !== 'state') return s;
        const { data: _, ...rest } = s;
        return data === undefined ? rest : { ...rest, data };
      });
      const now = (old: Storage) => storages[program.storages.indexOf(old)] ?? old;
      const calls = program.calls.map((c) => ({ ...c, args: c.args.map((a) => ({ ...a, storage: now(a.storage) })) }));
      return { ...program, storages, calls };
    };
    expect(run(starting(undefined), 'net', main)).toBe('1 4\n2 8\n1 4\n');
    expect(run(starting(Int32Array.of(0, 0, 0, 0)), 'net', main)).toBe('1 4\n2 8\n1 4\n');
    expect(run(starting(Int32Array.of(-5, -5, -5, -5)), 'net', main)).toBe('-4 -1\n-3 3\n-4 -1\n');
  });
});

describe('arena', () => {
  const body = `
      const int8_t x[4] = {1, -2, 3, -128};
      int8_t y[4];
      const int status = net_invoke(x, y);
      printf("%d: %d %d %d %d\\n", status, y[0], y[1], y[2], y[3]);`;

  gcc('is static by default', () => {
    expect(run(chainProgram('good'), 'net', `int main(void) {${body} return 0; }`)).toBe('0: 4 -5 10 -127\n');
  });

  gcc("is the caller's where asked for, and never a wrong pointer", () => {
    const main = `
    static int64_t memory[NET_ARENA_BYTES / 8 + 1];
    int main(void) {
      const int8_t nothing[4] = {0};
      int8_t y[4];
      printf("%d ", net_invoke(nothing, y));
      printf("%d %d ", net_set_arena(0), net_set_arena((char *)memory + 1));
      printf("%d ", net_set_arena(memory));
      {${body}}
      return 0;
    }`;
    const flags = ['-DNET_EXTERNAL_ARENA'];
    expect(run(chainProgram('good'), 'net', main, flags)).toBe('-1 -1 -1 0 0: 4 -5 10 -127\n');
  });
});

describe('files', () => {
  const weights = (length: number): LoopProgram => {
    const x: Storage = { name: 'x', storage: 'input', element: 'i8', length: 1 };
    const y: Storage = { name: 'y', storage: 'output', element: 'i32', length: 1 };
    const data = Int8Array.from({ length }, (_, i) => i * 37);
    const w: Storage = { name: 'w', storage: 'const', element: 'i8', length, data };
    const buffers: Buffer[] = [
      { name: 'x', element: 'i8', length: 1, role: 'in' },
      { name: 'w', element: 'i8', length, role: 'const' },
      { name: 'y', element: 'i32', length: 1, role: 'out' },
    ];
    const b = new LoopBuilder();
    const [sum] = b.forCarry(0, length, [b.constant(0)], (i, [acc]) => [b.add(acc!, b.load(buffers[1]!, i))]);
    b.store(buffers[2]!, 0, b.mul(sum!, b.load(buffers[0]!, 0)));
    const kernel = b.finish('weigh', 'x times the sum of the weights', buffers);
    const storages = [x, w, y];
    const args = storages.map((storage) => ({ storage, offset: 0 }));
    const calls = [{ kernel, args, scalars: [], location: 'weigh' }];
    return { name: 'net', storages, kernels: [kernel], calls, arena: { offsets: new Map(), bytes: 0, lowerBound: 0 } };
  };
  const main = 'int main(void) { int8_t x = 3; int32_t y; net_invoke(&x, &y); printf("%ld\\n", (long)y); return 0; }';
  const expected = (length: number) => {
    const data = Int8Array.from({ length }, (_, i) => i * 37);
    return `${3 * data.reduce((a, b) => a + b, 0)}\n`;
  };

  gcc('keep constants with the code up to 64 KB, and apart beyond', () => {
    expect([...printC(weights(65536), { name: 'net' }).keys()]).toEqual(['net.c', 'net.h']);
    expect([...printC(weights(65537), { name: 'net' }).keys()]).toEqual(['net.c', 'net.h', 'net_weights.c']);
    expect(run(weights(65536), 'net', main)).toBe(expected(65536));
    expect(run(weights(65537), 'net', main)).toBe(expected(65537));
  });

  it('are the same bytes every time', () => {
    const bytes = () => Array.from(printC(weights(70000), { name: 'net' }), ([n, c]) => [n, textOf(c)]);
    expect(bytes()).toEqual(bytes());
  });

  gcc('of integer programs need no library, and neither file is anything but C99 and C++ headers', () => {
    const files = printC(chainProgram('good'), { name: 'net' });
    const source = textOf(files.get('net.c'));
    expect(source.match(/#include .*/g)).toEqual(['#include "net.h"', '#include <limits.h>']);
    const flags = [...strictFlags, '-ffreestanding', '-nostdlib', '-Wshadow', '-Wmissing-prototypes', '-O1', '-c'];
    const header = textOf(files.get('net.h')).replace(/\n$/, '');
    const alone = source.replace('#include "net.h"', () => header);
    execFileSync('gcc', [...flags, '-x', 'c', '-', '-o', '/dev/null'], { input: alone });
    if (!hasCompiler('g++')) return;
    execFileSync('g++', ['-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-x', 'c++', '-'], { input: `${header}\n` });
  });
});

describe('self-test', () => {
  const inputs = [Int32Array.of(1, 2, 3, 4)];
  const vectors = (last: number) => [
    { inputs, outputs: [Int32Array.of(11, 22, 33, 44)] },
    { inputs, outputs: [Int32Array.of(12, 24, 36, last)] },
  ];
  const files = (last: number) => {
    const all = printC(accumulatorProgram(), { name: 'net' });
    return all.set('net_selftest.c', printSelftest(accumulatorProgram(), vectors(last), 'net'));
  };

  gcc('agrees, and says so', () => {
    expect(decode(compileAndRun(files(48), 'gcc', strictFlags))).toBe('net: 2 vectors agree\n');
    expect(decode(compileAndRun(files(48), 'gcc', [...strictFlags, '-DNET_SELFTEST_QUIET']))).toBe('');
  });

  gcc('fails on a wrong answer, and says where', () => {
    const failing = () => compileAndRun(files(49), 'gcc', strictFlags);
    expect(failing).toThrow();
    try {
      failing();
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: Uint8Array };
      expect(status).toBe(1);
      expect(decode(stdout)).toBe('vector 1, output 0, element 3: expected 49, got 48\n');
    }
  });
});

describe('self-test of f32', () => {
  const inputs = [Float32Array.of(0, 1, -2, 0.5, Number.POSITIVE_INFINITY, Number.NaN, 1e30, 3)];
  const test = (last: number) => {
    const outputs = [
      Float32Array.of(0, 2, 2, 0.75, Number.POSITIVE_INFINITY, Number.NaN, Number.POSITIVE_INFINITY, last),
    ];
    const files = printC(multiplyAdd(), { name: 'net' });
    files.set('net_selftest.c', printSelftest(multiplyAdd(), [{ inputs, outputs }], 'net'));
    return decode(compileAndRun(files, 'gcc', strictFlags));
  };

  gcc('takes what is close, infinities and NaN, and nothing else', () => {
    expect(test(12)).toBe('net: 1 vectors agree\n');
    expect(test(12.00001)).toBe('net: 1 vectors agree\n');
    expect(() => test(12.001)).toThrow();
    expect(() => test(Number.NaN)).toThrow();
  });
});

describe('names', () => {
  const evil = '*/ #error "\\" ??/\n#error\u202e /* \u0000 é "; int main(void) {} //\\';

  /** y = 2x + 1 through buffers, loops and storages with names that C must not see as they are. */
  function hostile(): LoopProgram {
    const quant = perTensor(0.1, -3);
    const x: Storage = {
      ...{ name: evil, storage: 'input', element: 'i8', length: 4 },
      tensor: { name: evil, shape: [4], quant },
    };
    const y: Storage = {
      ...{ name: 'int', storage: 'output', element: 'i8', length: 4 },
      tensor: { name: 'while', shape: [2, 2], quant: { axis: 0, scale: [0.5, 0.25], zero: [0, -1] } },
    };
    const w: Storage = { name: evil, storage: 'const', element: 'i32', length: 1, data: Int32Array.of(2) };
    const buffers: Buffer[] = [
      { name: 'int', element: 'i8', length: 4, role: 'in' },
      { name: 'add_i32', element: 'i32', length: 1, role: 'const' },
      { name: 'x_i8x', element: 'i8', length: 4, role: 'out' },
    ];
    const calls = ['mul_high', 'for', evil].map((name, i) => {
      const b = new LoopBuilder();
      b.for(0, 4, (at) => b.store(buffers[2]!, at, b.add(b.mul(b.load(buffers[0]!, at), b.load(buffers[1]!, 0)), 1)), {
        name: ['max_i32', 'linux', evil][i] ?? '',
      });
      const kernel = b.finish(name, evil, buffers);
      return { kernel, args: [x, w, y].map((storage) => ({ storage, offset: 0 })), scalars: [], location: evil };
    });
    const kernels = calls.map((c) => c.kernel);
    const arena = { offsets: new Map(), bytes: 0, lowerBound: 0 };
    return { name: 'net', storages: [x, w, y], kernels, calls, arena };
  }
  const main = `
    int main(void) {
      const int8_t x[4] = {1, 2, -3, 63};
      int8_t y[4];
      net_invoke(x, y);
      printf("%d %d %d %d|%s|%d", y[0], y[1], y[2], y[3], NET_OUTPUT0_NAME, (int)sizeof NET_INPUT0_NAME);
      fputs(NET_INPUT0_NAME, stdout);
      return 0;
    }`;

  gcc('of a hostile model stay inside comments and strings, with warnings of trigraphs and comments on', () => {
    const bytes = new TextEncoder().encode(evil);
    // As a C string, the name ends at its zero byte.
    const shown = decode(bytes.subarray(0, bytes.indexOf(0)));
    expect(run(hostile(), 'net', main)).toBe(`3 5 -5 127|while|${bytes.length + 1}${shown}`);
  });

  it('of files and globals are made identifiers', () => {
    const files = printC(hostile(), { name: '../int/3 x' });
    expect([...files.keys()]).toEqual(['int_3_x.c', 'int_3_x.h']);
    for (const contents of files.values()) expect(textOf(contents)).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

describe('f32 arithmetic', () => {
  describe.each(['gcc', 'clang'])('%s', (cc) => {
    const fused = /\bvf?n?m(add|sub)[0-9]+[ps]s\b/;
    const assembly = (edit: (source: string) => string) => {
      const files = printC(multiplyAdd(), { name: 'net' });
      const source = textOf(files.get('net.c')).replace('#include "net.h"', () => textOf(files.get('net.h')));
      const flags = ['-std=gnu99', '-O2', '-mfma', '-ffp-contract=on', '-S', '-x', 'c', '-', '-o', '-'];
      // GCC 12 takes `on` for `off`: its own default is what has to be held back.
      const own = flags.filter((f) => cc !== 'gcc' || f !== '-ffp-contract=on');
      return execFileSync(cc, own, { input: edit(source), encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
    };
    const x64 = it.skipIf(process.arch !== 'x64' || !hasCompiler(cc));

    x64('does not fuse a multiplication and an addition into one rounding', () => {
      expect(assembly((source) => source)).not.toMatch(fused);
      expect(assembly((source) => source.replace(/^#pragma .*$/gm, ''))).toMatch(fused);
    });

    x64('refuses flags that change rounding', () => {
      const fast = () => {
        const files = printC(multiplyAdd(), { name: 'net' });
        files.set('main.c', 'int main(void) { return 0; }\n');
        compileAndRun(files, cc, [...strictFlags, '-ffast-math']);
      };
      expect(fast).toThrow(/fast-math changes results/);
    });
  });
});
