import { expect, test } from "vitest";
import { behind, levelUnder, wayTo } from "@/office/progress/areas";

test("a county opens to townships, a township to villages, a village to nothing further", () => {
  expect(["99", "9901", "990101", "990101100", "990101100201"].map(levelUnder)).toEqual(["county", "county", "township", "village", null]);
});

test("the way begins at one's own region and never leads out of it", () => {
  expect(wayTo("990101100", "990101")).toEqual(["990101", "990101100"]);
  expect(wayTo("990101100", "990101100")).toEqual(["990101100"]);
  expect(wayTo("990101", "99")).toEqual(["99", "990101"]);
  expect(wayTo("990102100", "990101")).toEqual(["990101"]);
});

test("what is asked for behind a number", () => {
  expect(behind("asked")).toEqual({});
  expect(behind("overdue")).toEqual({ standing: "overdue" });
  expect(behind("to_suspend")).toEqual({ to_suspend: true });
});
