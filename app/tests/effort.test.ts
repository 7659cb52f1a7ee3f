import { expect, test } from "vitest";
import { along, endOf, lookedBack, points, reading, type Comparison } from "@/office/effort/reading";

const compared = (low: number, high: number, enough = true): Comparison => ({
  sent: { of: 100, filed: 50 },
  held_back: { of: 100, filed: 40 },
  difference: { points: (low + high) / 2, low, high },
  enough,
});

test("only an interval on one side of zero says that reminding matters", () => {
  expect(reading(compared(2, 9))).toBe("more");
  expect(reading(compared(-9, -2))).toBe("fewer");
  expect(reading(compared(-1, 9))).toBe("unclear");
  expect(reading(compared(0, 9))).toBe("unclear");
});

test("few reports say nothing, whatever the difference; an empty side even less", () => {
  expect(reading(compared(2, 9, false))).toBe("few");
  expect(reading({ ...compared(2, 9), difference: null })).toBe("none");
});

test("points carry their sign, and what rounds to zero has none", () => {
  expect([12.34, -5.06, 0.04, -0.04].map(points)).toEqual(["+12.3", "−5.1", "0.0", "0.0"]);
});

test("zero is the middle of the bar, and nothing lies beyond its ends", () => {
  expect([-100, 0, 50, 100, 130].map((value) => along(value, 240))).toEqual([0, 120, 180, 240, 240]);
});

test("a day ends at midnight in China; of today and later days the figures are those of now", () => {
  expect(endOf("2026-11-20")).toBe("2026-11-20T16:00:00.000Z");
  const now = new Date("2026-11-21T02:00:00Z");
  expect(lookedBack("2026-11-20", now)).toBe("2026-11-20T16:00:00.000Z");
  expect([lookedBack("2026-11-21", now), lookedBack("2026-12-24", now), lookedBack("", now)]).toEqual([undefined, undefined, undefined]);
});
