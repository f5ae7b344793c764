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

// GPUBufferUsage and GPUMapMode, which are not global everywhere.
const MAP_READ = 0x0001;
const COPY_SRC = 0x0004;
const COPY_DST = 0x0008;
const STORAGE = 0x0080;
const READ = 0x0001;
const COMPUTE = 0x4;

const lengthOf = ({ shape }) => shape.reduce((n, d) => n * d, 1);
const wholeWords = (bytes) => Math.ceil(bytes / 4) * 4;
const nameOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
const isBuffer = (value) => typeof value === 'object' && value !== null && 'usage' in value && 'size' in value;

/** The bytes of a file: given, in a Response, or where a URL leads. */
async function read(given) {
  let source = await given;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (typeof source === 'string' || source instanceof URL) {
    const url = new URL(source, import.meta.url);
    if (url.protocol === 'file:' && typeof process === 'object') {
      const files = 'node:fs/promises';
      const { readFile } = await import(/* @vite-ignore */ /* webpackIgnore: true */ files);
      return readFile(url);
    }
    source = await fetch(url);
  }
  if (!source.ok) throw new Error(\`\${source.url} answers \${source.status}\`);
  return new Uint8Array(await source.arrayBuffer());
}

/** Throws where the device was made with limits that are too low. */
function checkLimits({ limits }) {
  for (const [limit, least] of Object.entries(requiredLimits)) {
    if (limits[limit] >= least) continue;
    throw new Error(\`the network needs a device with \${limit} of \${least}: request it with requiredLimits\`);
  }
}

/** Tensors by name: where they are in the arena. */
function placesOf(tensors, addresses) {
  const places = Object.entries(tensors).map(([name, tensor], i) => {
    const array = arrays[tensor.type];
    const length = lengthOf(tensor);
    return [name, Object.freeze({ array, length, offset: addresses[i], size: length * array.BYTES_PER_ELEMENT })];
  });
  return Object.freeze(Object.fromEntries(places));
}

async function pipelinesFor(device, code) {
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  const error = await device.popErrorScope();
  if (error) throw error;
  const buffer = (binding, type) => ({ binding, visibility: COMPUTE, buffer: { type } });
  const layout = device.createBindGroupLayout({
    entries: [buffer(0, 'storage'), buffer(1, 'read-only-storage'), buffer(2, 'read-only-storage')],
  });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const made = new Map();
  const pipelines = dispatches.map(({ entry, constants }) => {
    const key = JSON.stringify([entry, constants]);
    const known = made.get(key);
    if (known) return known;
    const compute = { module, entryPoint: entry, constants };
    const pipeline = device.createComputePipelineAsync({ label: entry, layout: pipelineLayout, compute });
    made.set(key, pipeline);
    return pipeline;
  });
  return { layout, pipelines: await Promise.all(pipelines) };
}

class Model {
  #device;
  #constants;
  #bindings;
  #pipelines;
  /** Buffers that outputs are read through and that no run uses now. */
  #idle = [];

  constructor(device, weights, { layout, pipelines }) {
    this.#device = device;
    this.#pipelines = pipelines;
    const storage = (size, usage) => device.createBuffer({ size, usage: STORAGE | usage });
    this.#constants = storage(weights.byteLength, COPY_SRC | COPY_DST);
    device.queue.writeBuffer(this.#constants, 0, weights);
    this.arena = storage(arenaBytes, COPY_SRC | COPY_DST);
    const entries = [this.arena, this.#constants, this.#constants];
    this.#bindings = device.createBindGroup({
      layout,
      entries: entries.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    this.inputs = placesOf(inputs, inputAddresses);
    this.outputs = placesOf(outputs, outputAddresses);
    Object.freeze(this);
    this.#start([...copies, ...states]);
  }

  /** Fills parts of the arena with what they start from. */
  #start(parts) {
    const encoder = this.#device.createCommandEncoder();
    for (const { address, bytes, initial } of parts) {
      const size = wholeWords(bytes);
      if (initial === undefined) encoder.clearBuffer(this.arena, address, size);
      else encoder.copyBufferToBuffer(this.#constants, initial, this.arena, address, size);
    }
    this.#device.queue.submit([encoder.finish()]);
  }

  encode(encoder) {
    const pass = encoder.beginComputePass();
    pass.setBindGroup(0, this.#bindings);
    dispatches.forEach(({ workgroups }, i) => {
      pass.setPipeline(this.#pipelines[i]);
      pass.dispatchWorkgroups(...workgroups);
    });
    pass.end();
  }

  /** Throws a TypeError that says what is wrong with a feed. */
  #check(feeds) {
    for (const name of Object.keys(feeds)) {
      if (!Object.hasOwn(this.inputs, name)) throw new TypeError(\`there is no input \${JSON.stringify(name)}\`);
    }
    for (const [name, { array, length, size }] of Object.entries(this.inputs)) {
      const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
      if (isBuffer(feed) ? feed.size >= wholeWords(size) : nameOf(feed) === array.name && feed.length === length) continue;
      throw new TypeError(\`input \${JSON.stringify(name)} must be a \${array.name} of \${length} elements, or a GPUBuffer of them\`);
    }
  }

  /** Puts a feed in its place. */
  #feed(encoder, feed, { offset, size }) {
    if (isBuffer(feed)) {
      encoder.copyBufferToBuffer(feed, 0, this.arena, offset, wholeWords(size));
      return;
    }
    let bytes = new Uint8Array(feed.buffer, feed.byteOffset, size);
    if (size % 4 !== 0) {
      const padded = new Uint8Array(wholeWords(size));
      padded.set(bytes);
      bytes = padded;
    }
    this.#device.queue.writeBuffer(this.arena, offset, bytes);
  }

  async run(feeds, { outputs: targets = {} } = {}) {
    this.#check(feeds);
    const device = this.#device;
    const encoder = device.createCommandEncoder();
    for (const [name, place] of Object.entries(this.inputs)) this.#feed(encoder, feeds[name], place);
    this.encode(encoder);
    const readBack = [];
    let readSize = 0;
    for (const [name, place] of Object.entries(this.outputs)) {
      if (Object.hasOwn(targets, name)) {
        encoder.copyBufferToBuffer(this.arena, place.offset, targets[name], 0, wholeWords(place.size));
        continue;
      }
      readBack.push([name, place, readSize]);
      readSize += Math.ceil(place.size / 8) * 8;
    }
    if (readSize === 0) {
      device.queue.submit([encoder.finish()]);
      const empty = readBack.map(([name, { array }]) => [name, new array(0)]);
      return { ...targets, ...Object.fromEntries(empty) };
    }
    const size = Object.values(this.outputs).reduce((n, place) => n + Math.ceil(place.size / 8) * 8, 0);
    const buffer = this.#idle.pop() ?? device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    for (const [, place, from] of readBack) {
      encoder.copyBufferToBuffer(this.arena, place.offset, buffer, from, wholeWords(place.size));
    }
    device.queue.submit([encoder.finish()]);
    await buffer.mapAsync(READ, 0, readSize);
    const bytes = buffer.getMappedRange(0, readSize).slice(0);
    buffer.unmap();
    this.#idle.push(buffer);
    const read = readBack.map(([name, { array, length }, from]) => [name, new array(bytes, from, length)]);
    return { ...targets, ...Object.fromEntries(read) };
  }

  reset() {
    this.#start(states);
  }

  destroy() {
    for (const buffer of [this.arena, this.#constants, ...this.#idle]) buffer.destroy();
  }
}

/** Whether to call the builtins of packed_4x8_integer_dot_product: where they are known, and no CPU plays the GPU. */
function hasFastBuiltins(device, gpu) {
  const isKnown = gpu?.wgslLanguageFeatures?.has('packed_4x8_integer_dot_product') ?? false;
  return isKnown && !device.adapterInfo?.isFallbackAdapter;
}

export async function createModel(device, { locate, gpu = globalThis.navigator?.gpu, builtins } = {}) {
  checkLimits(device);
  const find = locate ?? ((file) => new URL(file, import.meta.url));
  const [text, weights] = await Promise.all([read(find(files.shaders)), read(find(files.weights))]);
  const written = (builtins ?? hasFastBuiltins(device, gpu)) ? '' : packedFunctions;
  const code = new TextDecoder().decode(text) + written;
  return new Model(device, weights, await pipelinesFor(device, code));
}
`;
