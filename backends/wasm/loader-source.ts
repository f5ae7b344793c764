// The part of NAME.js that is the same for every program, as text.

export const loaderSource = `
const arrays = {
  f32: Float32Array,
  f16: Uint16Array,
  i4: Int8Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
};

const lengthOf = ({ shape }) => shape.reduce((n, d) => n * d, 1);

/** The bytes that a base64 text stands for. */
function decode(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** True where the engine has the instructions of a module and computes with them what it relies on. */
function isExact(probe) {
  const code = decode(probe);
  if (!WebAssembly.validate(code)) return false;
  return new WebAssembly.Instance(new WebAssembly.Module(code)).exports.check() === 1;
}

/** Compiles bytes, a Response or what a URL leads to; hands on what is compiled already. */
async function compile(given) {
  let source = await given;
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  if (typeof source === 'string' || source instanceof URL) {
    const url = new URL(source, import.meta.url);
    if (url.protocol === 'file:' && typeof process === 'object') {
      const files = 'node:fs/promises';
      const { readFile } = await import(/* @vite-ignore */ /* webpackIgnore: true */ files);
      return WebAssembly.compile(await readFile(url));
    }
    source = await fetch(url);
  }
  if (!source.ok) throw new Error(\`\${source.url} answers \${source.status}\`);
  const type = source.headers.get('content-type') ?? '';
  if (type.startsWith('application/wasm') && WebAssembly.compileStreaming) return WebAssembly.compileStreaming(source);
  return WebAssembly.compile(await source.arrayBuffer());
}

/** The tensors' arrays in the memory of an instance, by name. */
function viewsOf(tensors, addresses, memory) {
  const views = Object.entries(tensors).map(([name, tensor], i) => [
    name,
    new arrays[tensor.type](memory.buffer, addresses[i], lengthOf(tensor)),
  ]);
  return Object.freeze(Object.fromEntries(views));
}

/** A feed of \`count\` samples for an input: throws a TypeError that says what is wrong with it. */
function checked(name, view, array, count) {
  const type = Object.prototype.toString.call(view).slice(8, -1);
  const length = count * view.length;
  if (Object.prototype.toString.call(array).slice(8, -1) !== type || array.length !== length) {
    throw new TypeError(\`input \${JSON.stringify(name)} must be a \${type} of \${length} elements\`);
  }
  return array;
}

class Model {
  #exports;

  constructor(exports, module) {
    this.#exports = exports;
    this.inputs = viewsOf(inputs, module.inputs, exports.memory);
    this.outputs = viewsOf(outputs, module.outputs, exports.memory);
    Object.freeze(this);
  }

  #checkNames(feeds) {
    for (const name of Object.keys(feeds)) {
      if (!Object.hasOwn(this.inputs, name)) throw new TypeError(\`there is no input \${JSON.stringify(name)}\`);
    }
  }

  run(feeds, { copy = true } = {}) {
    this.#checkNames(feeds);
    const all = Object.entries(this.inputs);
    for (const [name, view] of all) checked(name, view, feeds[name], 1);
    for (const [name, view] of all) if (feeds[name] !== view) view.set(feeds[name]);
    this.#exports.invoke();
    if (!copy) return this.outputs;
    return Object.fromEntries(Object.entries(this.outputs).map(([name, view]) => [name, view.slice()]));
  }

  runBatch(feeds) {
    this.#checkNames(feeds);
    const all = Object.entries(this.inputs);
    const [first] = all;
    const count = first ? Math.floor((feeds[first[0]]?.length ?? 0) / first[1].length) : 1;
    for (const [name, view] of all) checked(name, view, feeds[name], count);
    const results = Object.entries(this.outputs).map(([name, view]) => [name, view, new view.constructor(count * view.length)]);
    for (let k = 0; k < count; k++) {
      for (const [name, view] of all) view.set(feeds[name].subarray(k * view.length, (k + 1) * view.length));
      this.#exports.invoke();
      for (const [, view, array] of results) array.set(view, k * view.length);
    }
    return Object.fromEntries(results.map(([name, , array]) => [name, array]));
  }

  invoke() {
    this.#exports.invoke();
  }

  reset() {
    this.#exports.reset();
  }
}

export async function load({ locate } = {}) {
  const module = modules.find(({ probe }) => probe === undefined || isExact(probe));
  const source = locate ? locate(module.file) : module.code === undefined ? module.url() : decode(module.code);
  const { exports } = await WebAssembly.instantiate(await compile(source));
  return new Model(exports, module);
}
`;
