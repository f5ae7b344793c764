// Put in front of the command by `--import`: stands in for the npm package webgpu, as INT8C_TEST_WEBGPU says.
import { register } from 'node:module';

const modules = {
  broken: `throw new Error('dawn.node is for another machine.');`,
  'no adapter': `export const create = () => ({ requestAdapter: async () => null });`,
  'no device': `export const create = () => ({
    requestAdapter: async () => ({
      features: new Set(),
      limits: {},
      requestDevice: async () => { throw new Error('the GPU is lost'); },
    }),
  });`,
};

const text = modules[process.env.INT8C_TEST_WEBGPU];
// Where no module stands in, the package is nowhere to be found.
const found =
  text === undefined
    ? `throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });`
    : `return { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(text)}`)}, shortCircuit: true };`;
const hooks = `export async function resolve(specifier, context, next) {
  if (specifier === 'webgpu') { ${found} }
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
