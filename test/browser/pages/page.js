// Runs the artifact that the page's address names, here or in a worker, and leaves the answer in `globalThis.answer`.
import { answer } from './run-artifact.js';

const request = Object.fromEntries(new URLSearchParams(location.search));

globalThis.answer = request.worker === undefined ? answer(request) : inWorker();

function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker('worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(request);
  });
}
