// Runs WebAssembly artifacts through their own loaders in whatever Node this is, and writes what they answer:
//
//     node run-artifacts.mjs JOBS OUT own|none|exact
//
// JOBS is a file with an array of jobs (golden-artifacts.ts). The outputs go to OUT/<name>.<vector>.<output>.bin; standard
// output gets the module that each loader chose. The last argument says which relaxed SIMD the engine is to have: its own,
// none, or one that is exact.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [jobs, out, relaxed] = process.argv.slice(2);
// Loaders validate nothing but the probe of relaxed SIMD.
if (relaxed === 'none') WebAssembly.validate = () => false;
if (relaxed === 'exact') (await import('./exact-relaxed-dot.mjs')).install();
mkdirSync(out, { recursive: true });

const chosen = {};
for (const { name, script, inputs, outputs, vectors } of JSON.parse(readFileSync(jobs, 'utf8'))) {
  const url = pathToFileURL(script);
  const { load } = await import(url.href);
  const locate = (file) => {
    chosen[name] = file;
    return new URL(file, url);
  };
  const model = await load({ locate });
  for (let v = 0; v < vectors; v++) {
    const feeds = inputs.map(({ name, files }) => {
      const bytes = Uint8Array.from(readFileSync(files[v]));
      return [name, new model.inputs[name].constructor(bytes.buffer)];
    });
    // Every vector was recorded from the starting state.
    model.reset();
    const results = model.run(Object.fromEntries(feeds));
    for (const [o, output] of outputs.entries()) {
      writeFileSync(join(out, `${name}.${v}.${o}.bin`), new Uint8Array(results[output].buffer));
    }
  }
}
console.log(JSON.stringify(chosen));
