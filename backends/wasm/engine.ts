// What is used of WebAssembly's JavaScript interface, which belongs to every engine but to no library of types here.

declare const WebAssembly: {
  readonly validate: (binary: Uint8Array) => boolean;
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/** What a program's module exports. */
export interface ProgramExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly invoke: () => void;
  readonly reset: () => void;
  /** `call0`, `call1` ... */
  readonly [call: `call${number}`]: () => void;
}

export const isValidModule = (binary: Uint8Array): boolean => WebAssembly.validate(binary);

/** The engine's own form of a module: it can be given to worker threads, and be instantiated by each. */
export const compileModule = (binary: Uint8Array): object => new WebAssembly.Module(binary);

export const exportsOf = (module: object): object => new WebAssembly.Instance(module).exports;
