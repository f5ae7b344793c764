// This Node's engine: golden models through the real loader, with whatever module it chooses and with the plain one.
// `npm run test:engines` does the same for other versions.
import { engineForms } from './engine-forms.ts';
import { holdEngines } from './hold-engines.ts';

holdEngines(engineForms(process.execPath));
