// An artifact of int8c in the peers' harness. The harness feeds all runtimes the same numbers (`makeInput`).

const dtypes = { i8: 'int8', u8: 'uint8', i16: 'int16', i32: 'int32', f32: 'float32' };

/** A runner for the artifact whose loader is at `url`; `target` is wasm or wgsl. */
export async function create({ url, target, makeInput }) {
  const started = performance.now();
  const artifact = await import(url);
  const model = target === 'wgsl' ? await onGpu(artifact) : await artifact.load();
  const loadMs = performance.now() - started;
  const folder = new URL('.', new URL(url, location)).href;
  const modules = performance.getEntriesByType('resource').filter(({ name }) => name.startsWith(folder));
  const module = modules.map(({ name }) => name.slice(folder.length)).find((name) => name.endsWith('.wasm'));
  const ins = Object.entries(artifact.inputs).map(([name, { type, shape }]) => ({ name, dtype: dtypes[type], shape }));
  const feeds = Object.fromEntries(ins.map(({ name, dtype, shape }, i) => [name, makeInput(dtype, shape, i)]));
  let outputs = [];
  const keep = (results) => {
    outputs = Object.values(results);
  };
  const common = { name: 'int8c', info: { loadMs, ins, module }, outputs: () => outputs };
  if (target === 'wgsl') return { ...common, run: async () => keep(await model.run(feeds)) };
  return { ...common, run: () => keep(model.run(feeds)), core: () => model.invoke() };
}

async function onGpu({ createModel }) {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  return createModel(await adapter.requestDevice());
}
