import { type Random, randomInteger } from '@pageswarm/primitives';
import { PNG } from 'pngjs';

/** How far noise moves a colour from its gradient, in steps of 256; enough that deflate finds little to save. */
const NOISE_STEPS = 128;

/**
 * A PNG of a colour gradient under noise: a picture that looks like one and does not compress.
 * @param random decides the gradient and the noise, so that a seed gives one picture
 */
export function noiseImage(width: number, height: number, random: Random): Uint8Array {
  const { data, ...png } = new PNG({ width, height, colorType: 2 });
  const [topLeft, topRight, bottomLeft, bottomRight] = [0, 1, 2, 3].map(() => randomColour(random)) as [Colour, Colour, Colour, Colour];
  let noise = randomInteger(random, 1, 2 ** 31);
  let at = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const top = mix(topLeft[channel] as number, topRight[channel] as number, x / width);
        const bottom = mix(bottomLeft[channel] as number, bottomRight[channel] as number, x / width);
        noise = xorshift(noise);
        data[at++] = mix(top, bottom, y / height) + (noise & (NOISE_STEPS - 1));
      }
      data[at++] = 255;
    }
  return PNG.sync.write({ ...png, data } as PNG, { colorType: 2 });
}

type Colour = readonly number[];

function randomColour(random: Random): Colour {
  return [0, 1, 2].map(() => randomInteger(random, 0, 256 - NOISE_STEPS));
}

function mix(from: number, to: number, share: number): number {
  return (from + (to - from) * share) | 0;
}

/** Marsaglia's xorshift32 ("Xorshift RNGs", 2003): five million of these are wanted, so it is kept to three shifts. */
function xorshift(state: number): number {
  let next = state;
  next ^= next << 13;
  next ^= next >>> 17;
  next ^= next << 5;
  return next;
}
