import { expect, test } from "vitest";
import { bandOf, percent } from "@/office/rates/bands";
import { gridOf, lookBack, newest, ordered, periodsOf, schedulesOf, type Counts, type Period, type Rates } from "@/office/rates/board";

const counts = (expected: number, rate: number | null): Counts => ({ expected, report_rate: rate, on_time_rate: rate }) as Counts;
const area = (region: string, rate: number | null) => ({ region, name: region, counts: counts(1, rate) });
function period(key: string, due: string, areas: ReturnType<typeof area>[], schedule = 1, expected = areas.length): Period {
  const title = { zh: key, en: key };
  return { schedule, code: `S${schedule}`, title, period: key, due_at: due, closes_at: due, counts: counts(expected, 1), areas } as Period;
}
const RATES = {
  periods: [
    period("W3", "2026-11-20T04:00:00Z", [area("b", 0.9), area("a", 1)]),
    period("W4", "2026-11-27T04:00:00Z", [], 1, 0),
    period("W2", "2026-11-13T04:00:00Z", [area("a", 0.5)]),
    period("M1", "2026-11-25T04:00:00Z", [area("a", null)], 2),
  ],
} as Rates;

test("schedules by code, periods by deadline, and the newest of which something was due", () => {
  expect(schedulesOf(RATES).map((each) => each.code)).toEqual(["S1", "S2"]);
  expect(periodsOf(RATES, 1).map((each) => each.period)).toEqual(["W4", "W3", "W2"]);
  expect(newest(periodsOf(RATES, 1))?.period).toBe("W3");
});

test("the grid runs from the oldest period, areas in order of code, and says where nobody was asked", () => {
  const grid = gridOf(RATES, 1, 12);
  expect(grid.periods.map((each) => each.period)).toEqual(["W2", "W3"]);
  expect(grid.areas.map((each) => each.region)).toEqual(["a", "b"]);
  expect(grid.cells.map((row) => row.map((cell) => cell?.report_rate ?? null))).toEqual([[0.5, 1], [null, 0.9]]);
  expect(gridOf(RATES, 1, 1).periods.map((each) => each.period)).toEqual(["W3"]);
});

test("areas stand in order of code; in a ranking the worst comes first and who owed nothing last", () => {
  const areas = [area("c", null), area("b", 0.2), area("a", 0.9)];
  expect(ordered(areas, null).map((each) => each.region)).toEqual(["a", "b", "c"]);
  expect(ordered(areas, "report_rate").map((each) => each.region)).toEqual(["b", "a", "c"]);
});

test("bands begin at 95 and 85 per cent, and all but all is never 100 %", () => {
  expect([1, 0.95, 0.9499, 0.85, 0.8499, null].map(bandOf)).toEqual(["green", "green", "amber", "amber", "red", "none"]);
  expect([1, 0.9999, 0.95, null].map(percent)).toEqual(["100.0 %", "99.9 %", "95.0 %", "—"]);
});

test("one looks back from a week before the deadline to a week after it closed, or to now", () => {
  const w3 = RATES.periods[0]!;
  const due = Date.parse(w3.due_at);
  expect(lookBack(w3, due + 3_600_000)).toMatchObject({ from: due - 7 * 86_400_000, to: due + 3_600_000 });
  expect(lookBack(w3, due + 90 * 86_400_000).to).toBe(due + 7 * 86_400_000);
});
