import { expect, test } from "vitest";
import { daysLeft, stateOf, todos } from "@/liaison/duties";
import { verdictOf } from "@/liaison/verdicts";
import { duty, filing } from "./examples";

const at = (local: string): number => Date.parse(`${local}+08:00`);

test.each([
  ["2026-11-01T23:59:59", "upcoming"],
  ["2026-11-02T00:00:00", "open"],
  ["2026-11-06T12:00:00", "open"],
  ["2026-11-06T12:00:01", "overdue"],
  ["2026-11-13T18:00:00", "overdue"],
  ["2026-11-13T18:00:01", "missing"],
])("unfiled at %s it is %s", (when, state) => {
  expect(stateOf(duty(), at(when))).toBe(state);
});

test("what was filed or waived keeps its state whatever the hour", () => {
  const late = at("2026-12-01T00:00:00");
  expect(stateOf(duty({ stage: "county" }), late)).toBe("submitted");
  expect(stateOf(duty({ stage: "accepted" }), late)).toBe("accepted");
  expect(stateOf(duty({ exempt: true }), late)).toBe("exempt");
});

test("the verdict goes by the first filing alone", () => {
  const due = "2026-11-06T12:00:00+08:00";
  const now = at("2026-11-20T00:00:00");
  expect(verdictOf(duty({ first_counted_at: due, stage: "returned" }), now)).toBe("on_time");
  expect(verdictOf(duty({ first_counted_at: "2026-11-06T12:00:01+08:00" }), now)).toBe("late");
  expect(verdictOf(duty(), now)).toBe("missing");
  expect(verdictOf(duty(), at("2026-11-07T00:00:00"))).toBe("pending");
});

test("overdue comes first, then returned, then by deadline", () => {
  const now = at("2026-11-06T12:30:00");
  const duties = [
    duty({ id: 1, due_at: "2026-11-09T12:00:00+08:00" }),
    duty({ id: 2, stage: "returned", fix_by: "2026-11-10T18:00:00+08:00" }),
    duty({ id: 3 }),
    duty({ id: 4, due_at: "2026-11-08T12:00:00+08:00" }),
    duty({ id: 5, stage: "town" }),
  ];
  expect(todos(duties, [], now).map((each) => each.duty.id)).toEqual([3, 2, 4, 1]);
});

test("what waits in the outbox is not asked for again; what was refused is", () => {
  const now = at("2026-11-04T12:00:00");
  expect(todos([duty()], [filing()], now)).toEqual([]);
  expect(todos([duty()], [filing({ state: "refused" })], now)).toHaveLength(1);
});

test.each([
  ["2026-11-06T09:00:00", "today", 0],
  ["2026-11-05T23:00:00", "tomorrow", 1],
  ["2026-11-02T23:59:00", "left", 4],
  ["2026-11-06T13:00:00", "passed_today", 0],
  ["2026-11-08T00:30:00", "late", 2],
])("days are those of China's calendar: %s is %s", (when, key, n) => {
  const [item] = todos([duty()], [], at(when));
  expect(daysLeft(item!)).toEqual({ key, n });
});
