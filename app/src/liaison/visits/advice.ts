/**
 * Advice on a photo at the door: the server's own rules (media/advice.py, which has them in words),
 * in whole numbers, so that both sides say the same. Shared cases: tests/cases/advice.
 */

export const ADVICE = ["too_small", "uniform", "too_dark", "too_bright", "blurred", "moire"] as const;
export type Advice = (typeof ADVICE)[number];

/** Luminance, row by row, one byte a cell. */
export interface Grid {
  width: number;
  height: number;
  cells: Uint8Array;
}

const GRID_SIDE = 512;
const DETAIL_SIDE = 192;
const SMALLEST_SIDE = 480;
const UNIFORM = 36;
const DARK = 60;
const BRIGHT = 250;
const FADED = 140;
const LOST = 5;
const NO_EDGES = 16;
const LAGS = 16;
const RIPPLE = 4;
const COMPARED = DETAIL_SIDE - 2 - LAGS;

/** The luminance of RGBA pixels. */
export function greyOf(width: number, height: number, pixels: Uint8ClampedArray): Grid {
  const cells = new Uint8Array(width * height);
  for (let cell = 0, at = 0; cell < cells.length; cell++, at += 4)
    cells[cell] =
      (19595 * pixels[at]! + 38470 * pixels[at + 1]! + 7471 * pixels[at + 2]! + 32768) >> 16;
  return { width, height, cells };
}

/** The grid and the detail of an upright picture of at most 1600 pixels a side. */
export function gridsOf(grey: Grid): [Grid, Grid | null] {
  const longer = Math.max(grey.width, grey.height);
  const wanted = longer <= GRID_SIDE ? 1 : longer <= 2 * GRID_SIDE ? 2 : 4;
  const factor = wanted <= Math.min(grey.width, grey.height) ? wanted : 1;
  const left = (grey.width - DETAIL_SIDE) >> 1;
  const top = (grey.height - DETAIL_SIDE) >> 1;
  const detail = left < 0 || top < 0 ? null : cropped(grey, left, top, DETAIL_SIDE, DETAIL_SIDE);
  return [reduced(grey, factor), detail];
}

/** Hints on a photo of `width` x `height` pixels, in the order of ADVICE. */
export function advise(width: number, height: number, grid: Grid, detail: Grid | null): Advice[] {
  const counts = histogram(grid.cells);
  const uniform = variance(counts) < UNIFORM;
  const holds: Record<Advice, boolean> = {
    too_small: Math.min(width, height) < SMALLEST_SIDE,
    uniform,
    too_dark: percentile(counts, 95) < DARK,
    too_bright: percentile(counts, 50) >= BRIGHT && percentile(counts, 2) >= FADED,
    blurred: !uniform && isBlurred(grid),
    moire: detail !== null && ripples(edges(detail)),
  };
  return ADVICE.filter((code) => holds[code]);
}

function isBlurred(grid: Grid): boolean {
  if (Math.min(grid.width, grid.height) < 6) return false;
  const fine = variance(histogram(edges(grid).cells));
  const coarse = variance(histogram(edges(reduced(grid, 2)).cells));
  return coarse < NO_EDGES || fine * LOST < coarse;
}

function ripples(found: Grid): boolean {
  return dips(found, 1) || dips(found, found.width);
}

/** Whether cells a few `step`s apart differ a third less than cells fewer steps apart. */
function dips({ width, cells }: Grid, step: number): boolean {
  const least = RIPPLE * COMPARED * COMPARED;
  let highest = 0;
  for (let lag = 1; lag <= LAGS; lag++) {
    let sum = 0;
    for (let y = 0; y < COMPARED; y++)
      for (let x = 0, at = y * width; x < COMPARED; x++, at++)
        sum += Math.abs(cells[at]! - cells[at + lag * step]!);
    if (highest >= least && sum * 3 < highest * 2) return true;
    highest = Math.max(highest, sum);
  }
  return false;
}

function edges({ width, height, cells }: Grid): Grid {
  const found = new Uint8ClampedArray((width - 2) * (height - 2));
  let into = 0;
  for (let y = 1; y < height - 1; y++)
    for (let x = 1, at = y * width + 1; x < width - 1; x++, at++)
      found[into++] =
        128 + 4 * cells[at]! - cells[at - width]! - cells[at + width]! - cells[at - 1]! - cells[at + 1]!;
  return { width: width - 2, height: height - 2, cells: new Uint8Array(found.buffer) };
}

function reduced(grid: Grid, factor: number): Grid {
  if (factor === 1) return grid;
  const width = Math.floor(grid.width / factor);
  const height = Math.floor(grid.height / factor);
  const cells = new Uint8Array(width * height);
  const block = factor * factor;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let down = 0; down < factor; down++)
        for (let right = 0; right < factor; right++)
          sum += grid.cells[(y * factor + down) * grid.width + x * factor + right]!;
      cells[y * width + x] = (2 * sum + block) / (2 * block);
    }
  return { width, height, cells };
}

function cropped(grid: Grid, left: number, top: number, width: number, height: number): Grid {
  const cells = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * grid.width + left;
    cells.set(grid.cells.subarray(from, from + width), y * width);
  }
  return { width, height, cells };
}

function histogram(cells: Uint8Array): number[] {
  const counts = Array.from({ length: 256 }, () => 0);
  for (const cell of cells) counts[cell]!++;
  return counts;
}

function variance(counts: readonly number[]): number {
  let n = 0;
  let total = 0;
  let squares = 0;
  for (const [level, count] of counts.entries()) {
    n += count;
    total += count * level;
    squares += count * level * level;
  }
  return Math.floor((n * squares - total * total) / (n * n));
}

function percentile(counts: readonly number[], percent: number): number {
  const wanted = counts.reduce((sum, count) => sum + count, 0) * percent;
  let reached = 0;
  return counts.findIndex((count) => (reached += count * 100) >= wanted);
}
