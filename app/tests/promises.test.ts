import { expect, test } from "vitest";
import { choices } from "@/office/home/promises";

const at = (now: string) => choices(new Date(now)).map((each) => [each.key, each.at]);

test("promises end with office hours in China, whatever zone the browser is in", () => {
  expect(at("2026-11-10T01:00:00Z")).toEqual([
    ["today", "2026-11-10T10:00:00.000Z"],
    ["tomorrow", "2026-11-11T10:00:00.000Z"],
    ["three_days", "2026-11-13T10:00:00.000Z"],
    ["unknown", ""],
  ]);
});

test("after office hours nobody promises today; after midnight in China it is another day", () => {
  expect(at("2026-11-10T10:30:00Z").map(([key]) => key)).toEqual(["tomorrow", "three_days", "unknown"]);
  expect(at("2026-11-10T16:30:00Z")[0]).toEqual(["today", "2026-11-11T10:00:00.000Z"]);
});
