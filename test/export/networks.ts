// The quantized networks that the exporters are tried on.
import { readFileSync } from 'node:fs';
import { importModel, type Program } from '../../src/index.ts';
import { goldenNames } from '../golden/golden-model.ts';
import { listShared, sharedPath } from '../shared-folder.ts';

const quantizedOnnx = [
  ...listShared('models', 'onnx').map((file) => ['onnx', file] as const),
  ...listShared('models', 'onnx-derived').map((file) => ['onnx-derived', file] as const),
].filter(([, file]) => file.includes('qdq'));

/** Name and place of every given network whose weights are integers; none where the data is absent. */
export const networks: readonly (readonly [name: string, path: string])[] = [
  ...quantizedOnnx.map(([folder, file]) => [`${folder}/${file}`, sharedPath('models', folder, file)] as const),
  ...goldenNames.map((name) => [name, sharedPath('golden-tflite', name, 'model.tflite')] as const),
];

export const importNetwork = (path: string): Promise<Program> => importModel(readFileSync(path));
