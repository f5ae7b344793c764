// Writes the documents that derive from code: `npm run docs`. A test holds the committed ones to this.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { diagnosticsDocument } from './diagnostics-document.ts';
import { onnxDocument } from './onnx-document.ts';
import { opcodesDocument } from './opcodes-document.ts';
import { operatorsDocument } from './operators-document.ts';
import { tfliteDocument } from './tflite-document.ts';

/** File name in docs/ to its text. */
export function generatedDocuments(): Map<string, string> {
  return new Map([
    ['operators.md', operatorsDocument()],
    ['opcodes.md', opcodesDocument()],
    ['tflite-support.md', tfliteDocument()],
    ['onnx-support.md', onnxDocument()],
    ['diagnostics.md', diagnosticsDocument()],
  ]);
}

/** Writes every generated document to a folder. */
export async function writeDocuments(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of generatedDocuments()) await writeFile(`${folder}/${name}`, text);
}

const invoked = process.argv[1] === fileURLToPath(import.meta.url);
// The compiled script stands in dist/src/docs.
if (invoked) await writeDocuments(fileURLToPath(new URL('../../../docs', import.meta.url)));
