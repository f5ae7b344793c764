// Draws the example's data set: grey images of eight shapes, each with random place, size, direction, brightness,
// contrast of either sign, background gradient and noise.

import { Random } from './random.ts';

/** Height and width of an image in pixels. */
export const imageSize = 24;

/** Samples per pixel along each axis, for smooth edges. */
const subsamples = 4;

/** Whether a point is in the shape; the shape fits the unit disk around the origin. */
type Shape = (x: number, y: number) => boolean;

/** The outward normals of a regular pentagon's sides: the directions of 90 + 72 k degrees, as cosine and sine. */
const pentagonNormals: readonly (readonly [number, number])[] = [
  [0, 1],
  [-0.9510565162951535, 0.3090169943749474],
  [-0.5877852522924731, -0.8090169943749475],
  [0.5877852522924731, -0.8090169943749475],
  [0.9510565162951535, 0.3090169943749474],
];

/** The classes, in the order of the network's outputs. */
const shapes: readonly (readonly [string, Shape])[] = [
  ['bar', (x, y) => Math.abs(x) <= 1 && Math.abs(y) <= 0.24],
  ['circle', (x, y) => x * x + y * y <= 0.9],
  ['crescent', (x, y) => x * x + y * y <= 1 && (x - 0.55) * (x - 0.55) + y * y >= 0.6],
  ['cross', (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.25 && Math.max(Math.abs(x), Math.abs(y)) <= 0.97],
  ['ring', (x, y) => x * x + y * y <= 1 && x * x + y * y >= 0.36],
  ['square', (x, y) => Math.abs(x) <= 0.72 && Math.abs(y) <= 0.72],
  // A pentagram of circumradius 1 is where at most one of its five lines, all 0.309 from the centre, cuts a point off.
  ['star', (x, y) => pentagonNormals.filter(([nx, ny]) => nx * x + ny * y > 0.309).length <= 1],
  // The sides of an equilateral triangle of circumradius 1 are 0.5 from its centre; 0.866 is the sine of 60 degrees.
  ['triangle', (x, y) => y >= -0.5 && 0.866 * Math.abs(x) + 0.5 * y <= 0.5],
];

export const classNames: readonly string[] = shapes.map(([name]) => name);

export interface Dataset {
  readonly count: number;
  /** `count` images of `imageSize` x `imageSize` grey levels, row by row, 0 black to 255 white. */
  readonly pixels: Uint8Array;
  /** The class of each image: an index into {@link classNames}. */
  readonly labels: Uint8Array;
}

/** Draws `count` images; image i is of class i modulo 8, so every prefix is balanced. The seed decides all bytes. */
export function drawDataset(count: number, seed: number): Dataset {
  const random = new Random(seed);
  const area = imageSize * imageSize;
  const pixels = new Uint8Array(count * area);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const label = index % shapes.length;
    const [, shape] = shapes[label]!;
    labels[index] = label;
    drawImage(shape, random, pixels.subarray(index * area, (index + 1) * area));
  }
  return { count, pixels, labels };
}

/** Draws one image into `into` (`imageSize` squared bytes). */
function drawImage(shape: Shape, random: Random, into: Uint8Array): void {
  const radius = random.uniform(6.5, 10);
  const slack = imageSize / 2 - 1 - radius;
  const centreX = imageSize / 2 + random.uniform(-slack, slack);
  const centreY = imageSize / 2 + random.uniform(-slack, slack);
  const [cosine, sine] = random.direction();
  const [gradientX, gradientY] = random.direction();
  const gradient = random.uniform(0, 2.5);
  const contrast = random.uniform(70, 140);
  const background = random.uniform(30, 225 - contrast);
  const [outside, inside] = random.next() % 2 === 0 ? [background, contrast] : [background + contrast, -contrast];
  const noise = random.uniform(8, 30);

  for (let row = 0; row < imageSize; row++) {
    for (let column = 0; column < imageSize; column++) {
      let covered = 0;
      for (let sample = 0; sample < subsamples * subsamples; sample++) {
        const dx = column + ((sample % subsamples) + 0.5) / subsamples - centreX;
        const dy = row + (Math.floor(sample / subsamples) + 0.5) / subsamples - centreY;
        if (shape((cosine * dx + sine * dy) / radius, (cosine * dy - sine * dx) / radius)) covered++;
      }
      const slope = gradient * (gradientX * (column - imageSize / 2) + gradientY * (row - imageSize / 2));
      // The sum of three uniform numbers in [-1, 1) is close to normal, with standard deviation 1.
      const grain = random.uniform(-1, 1) + random.uniform(-1, 1) + random.uniform(-1, 1);
      const level = outside + (inside * covered) / (subsamples * subsamples) + slope + (noise / 2) * grain;
      into[row * imageSize + column] = Math.floor(Math.min(255, Math.max(0, level)) + 0.5);
    }
  }
}
