// `npm run test:engines`: golden models in every version of Node that int8c supports. Their engines compute relaxed SIMD
// in different ways; the answers have the same bytes. The executables come from npm, so the first run needs the network.
import { engineForms } from './engine-forms.ts';
import { holdEngines } from './hold-engines.ts';
import { nodeBinary } from './node-binaries.ts';

const versions = [20, 22, 24, 26];

holdEngines(
  versions.flatMap((major) => engineForms(nodeBinary(major))),
  (line) => console.log(line),
);
