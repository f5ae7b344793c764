// Loads an artifact as its users do and runs it on the samples beside it: inputs.json holds, for each run, the elements
// of each input.

/** What came out: for each run, the elements of each output; or what went wrong. */
export async function answer({ module, target }) {
  try {
    const artifact = await import(module);
    const runs = await (await fetch(module.replace(/[^/]*$/, 'inputs.json'))).json();
    const model = target === 'wgsl' ? await onGpu(artifact) : await artifact.load();
    const outputs = [];
    for (const elements of runs) {
      model.reset();
      outputs.push(elementsOf(await model.run(feedsOf(artifact.inputs, elements)), artifact.outputs));
    }
    return { outputs, crossOriginIsolated };
  } catch (error) {
    return { error: `${error}` };
  }
}

async function onGpu({ createModel }) {
  const adapter = await navigator.gpu.requestAdapter();
  return createModel(await adapter.requestDevice());
}

const arrays = { i8: Int8Array, u8: Uint8Array, i16: Int16Array, f32: Float32Array };

function feedsOf(inputs, elements) {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { type }], i) => [name, arrays[type].from(elements[i])]),
  );
}

function elementsOf(results, outputs) {
  return Object.keys(outputs).map((name) => Array.from(results[name]));
}
