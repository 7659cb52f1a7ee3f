import { afterEach, expect, test, vi } from "vitest";
import { quarters } from "@/office/assessment/assessment";
import { figure, type Change } from "@/office/circulars/circulars";
import { day, lastMonth } from "@/office/days";

afterEach(() => {
  vi.useRealTimers();
});

function at(instant: string): void {
  vi.useFakeTimers({ now: new Date(instant) });
}

test("days, months and quarters are China's, also when the year begins there", () => {
  at("2025-12-31T16:30:00Z");
  expect(day()).toBe("2026-01-01");
  expect(day(-1)).toBe("2025-12-31");
  expect(lastMonth()).toBe("2025-12");
  expect(quarters(3)).toEqual(["2026-Q1", "2025-Q4", "2025-Q3"]);
  at("2026-11-23T02:00:00Z");
  expect(lastMonth()).toBe("2026-10");
  expect(quarters(5)).toEqual(["2026-Q4", "2026-Q3", "2026-Q2", "2026-Q1", "2025-Q4"]);
});

const word = (standing: string): string => (standing === "missing" ? "漏报" : standing);
const change = (name: string): Change => ({ figure: name }) as Change;

test("a change tells rates as percentages, villages in words, and nothing as a dash", () => {
  expect(figure(change("report_rate"), 0.666667, word)).toBe("66.6 %");
  expect(figure(change("missing"), 3, word)).toBe("3");
  expect(figure(change("standing"), "missing", word)).toBe("漏报");
  expect(figure(change("standing"), null, word)).toBe("—");
});
