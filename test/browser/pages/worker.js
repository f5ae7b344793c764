// Runs an artifact in a worker and posts the answer.
import { answer } from './run-artifact.js';

addEventListener('message', async ({ data }) => {
  postMessage(await answer(data));
});
