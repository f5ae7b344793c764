// The forms of sample files, told apart by the extensions of their names.

export type SampleForm = 'npy' | 'npz' | 'raw' | 'image' | 'wav' | 'proto';

/** Extensions, in lower case, and what they hold. */
export const sampleExtensions: ReadonlyMap<string, SampleForm> = new Map<string, SampleForm>([
  ['.npy', 'npy'],
  ['.npz', 'npz'],
  ['.bin', 'raw'],
  ['.png', 'image'],
  ['.jpg', 'image'],
  ['.jpeg', 'image'],
  ['.wav', 'wav'],
  ['.pb', 'proto'],
]);
