/** A photo made upright and small, one at a time: a phone of 2 GB holds no two full pictures. */

import { advise, greyOf, gridsOf, type Advice } from "./advice";

export const MOST_BYTES = 300_000;
/** Papers that are no pictures go as they are; the server takes no more. */
export const MOST_PAPER_BYTES = 20_971_520;
const LONGEST_SIDE = 1600;
const QUALITIES = [0.85, 0.72, 0.6, 0.48];
const STEP = 0.8;
/** 1600 pixels end below 450 here; no JPEG of that size is larger than 300 KB. */
const MOST_STEPS = 6;

export interface Shrunk {
  bytes: Blob;
  advice: Advice[];
}

/** What can't be read as a picture, or is too large to be sent. */
export class Unfit extends Error {
  constructor(readonly why: "unreadable" | "too_large" | "empty") {
    super(why);
  }
}

/** A picture as an upright JPEG of at most 300 KB, with the advice on it. Throws Unfit. */
export async function shrink(file: Blob): Promise<Shrunk> {
  let picture = await drawn(file);
  const advice = advised(picture);
  try {
    const encode = async (scale: number, quality: number): Promise<Blob> => {
      if (scale < 1) picture = scaled(picture, scale);
      return await jpeg(picture, quality);
    };
    return { bytes: await squeeze(encode), advice };
  } finally {
    freed(picture);
  }
}

/**
 * The first JPEG that is small enough: worse by steps, then smaller by steps. `encode` is told by
 * how much to scale what it scaled last.
 */
export async function squeeze(
  encode: (scale: number, quality: number) => Promise<Blob>,
  most = MOST_BYTES,
): Promise<Blob> {
  for (let step = 0; step < MOST_STEPS; step++)
    for (const [index, quality] of QUALITIES.entries()) {
      const bytes = await encode(step > 0 && index === 0 ? STEP : 1, quality);
      if (bytes.size <= most) return bytes;
    }
  throw new Unfit("too_large");
}

async function drawn(file: Blob): Promise<HTMLCanvasElement> {
  const bitmap = await decoded(file);
  try {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    return painted(bitmap, bitmap.width * scale, bitmap.height * scale);
  } finally {
    bitmap.close();
  }
}

async function decoded(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch (error) {
    // Browsers before 2023 turn pictures upright by themselves and don't know the word.
    if (!(error instanceof TypeError)) throw new Unfit("unreadable");
    return await createImageBitmap(file).catch(() => {
      throw new Unfit("unreadable");
    });
  }
}

function painted(source: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  const context = brush(canvas);
  context.fillStyle = "#fff"; // What is see-through would turn black.
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function scaled(picture: HTMLCanvasElement, scale: number): HTMLCanvasElement {
  const smaller = painted(picture, picture.width * scale, picture.height * scale);
  freed(picture);
  return smaller;
}

/** A canvas without cells gives its memory back at once. */
function freed(canvas: HTMLCanvasElement): void {
  canvas.width = canvas.height = 0;
}

function brush(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Unfit("too_large");
  return context;
}

function advised(canvas: HTMLCanvasElement): Advice[] {
  const { width, height } = canvas;
  const { data } = brush(canvas).getImageData(0, 0, width, height);
  return advise(width, height, ...gridsOf(greyOf(width, height, data)));
}

function jpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    const made = (bytes: Blob | null): void =>
      bytes === null ? reject(new Unfit("unreadable")) : resolve(bytes);
    canvas.toBlob(made, "image/jpeg", quality);
  });
}
