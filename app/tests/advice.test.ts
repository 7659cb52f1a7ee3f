import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ADVICE, advise, greyOf, gridsOf, type Grid } from "@/liaison/visits/advice";

const FOLDER = new URL("../../tests/cases/advice/", import.meta.url);

interface Tiled {
  width: number;
  height: number;
  tile: { width: number; height: number; cells: string };
}
interface Case {
  why: string;
  width: number;
  height: number;
  grid: Tiled;
  detail: Tiled | null;
  advice: string[];
}

const CASES = readdirSync(FOLDER).map((name) => ({
  name,
  ...(JSON.parse(readFileSync(new URL(name, FOLDER), "utf-8")) as Case),
}));

/** A case's grid: its tile repeated to the right and downwards. */
function grid({ width, height, tile }: Tiled): Grid {
  const from = Buffer.from(tile.cells, "base64");
  const cells = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      cells[y * width + x] = from[(y % tile.height) * tile.width + (x % tile.width)]!;
  return { width, height, cells };
}

test.each(CASES)("$name: $why", (each) => {
  const detail = each.detail === null ? null : grid(each.detail);
  expect(advise(each.width, each.height, grid(each.grid), detail)).toEqual(each.advice);
});

test("every code has a case", () => {
  expect(new Set(CASES.flatMap((each) => each.advice))).toEqual(new Set(ADVICE));
});

test("luminance is weighed in whole numbers", () => {
  const pixels = new Uint8ClampedArray([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255]);
  expect([...greyOf(4, 1, pixels).cells]).toEqual([76, 150, 29, 255]);
});

test.each([
  [512, 300, 512, 300, true],
  [513, 40, 256, 20, false],
  [1600, 1203, 400, 300, true],
  [1025, 3, 1025, 3, false],
])("%i x %i pixels: a grid of %i x %i", (width, height, across, down, detailed) => {
  const cells = Uint8Array.from({ length: width * height }, (_, at) => at % 251);
  const [found, detail] = gridsOf({ width, height, cells });
  expect([found.width, found.height]).toEqual([across, down]);
  expect(detail !== null).toBe(detailed);
  if (detail === null) return;
  const [left, top] = [(width - 192) >> 1, (height - 192) >> 1];
  expect(detail.cells[193]).toBe(cells[(top + 1) * width + left + 1]);
});

test("a block's mean is rounded half up", () => {
  const cells = new Uint8Array(600 * 2);
  cells.set([0, 1], 0);
  cells.set([0, 1], 600);
  const [found] = gridsOf({ width: 600, height: 2, cells });
  expect(found.cells[0]).toBe(1);
});
