import { expect, test, vi } from "vitest";
import { stateOf, todos } from "@/liaison/duties";
import type { Pensioner } from "@/liaison/store/database";
import { lacking, needed, type Requirement } from "@/liaison/visits/papers";
import { found, houses, restOfHouse, visitsOf } from "@/liaison/visits/people";
import { squeeze, Unfit } from "@/liaison/visits/shrink";
import { finding } from "@/liaison/visits/visit";
import { duty } from "./examples";

const NOW = Date.parse("2026-11-04T00:00:00+08:00");

function person(order: number, changes: Partial<Pensioner> = {}): Pensioner {
  return {
    id: `p${order}`,
    village: "v",
    name: `张桂${order}`,
    id_number: `9901**********00${order}X`,
    born: 1948,
    insurance_type: "resident",
    ...changes,
  };
}

const people = [
  person(1, { group_no: "2组", household: "H10" }),
  person(2, { group_no: "2组", household: "H9" }),
  person(3, { group_no: "2组", household: "H10" }),
  person(4, { name: "李秀英" }),
  person(5, { group_no: "1组", household: "H10" }),
];
const todo = todos(
  people.map((each, at) =>
    duty({ id: at + 1, pensioner: each.id, due_at: `2026-11-${20 - at}T18:00:00+08:00`, closes_at: "2026-12-01T00:00:00+08:00" }),
  ),
  [],
  NOW,
);
const visits = visitsOf([...todo, ...todos([duty({ id: 9, pensioner: "unknown" })], [], NOW)], new Map(people.map((each) => [each.id, each])));
const names = (some: { pensioner: Pensioner }[]): string[] => some.map(({ pensioner }) => pensioner.id);

test("who is due first stands first, and who is not on the phone is left out", () => {
  expect(names(visits)).toEqual(["p5", "p4", "p3", "p2", "p1"]);
});

test("who was matched elsewhere needs no visit", () => {
  const matched = duty({ pensioner: "p1", matched: true });
  expect(stateOf(matched, NOW)).toBe("accepted");
  expect(todos([matched], [], NOW)).toEqual([]);
});

test.each([
  ["秀英", ["p4"]],
  [" 张桂 1", ["p1"]],
  ["2x", ["p2"]],
  ["h10", ["p5", "p3", "p1"]],
  ["王", []],
])("%s finds %j", (wanted, expected) => {
  expect(names(found(visits, wanted))).toEqual(expected);
});

test("households stand by group and number, 9 before 10; who has none stands alone", () => {
  expect(houses(visits).map((house) => names(house.visits))).toEqual([["p4"], ["p5"], ["p2"], ["p3", "p1"]]);
});

test("the next of a household is of the same house of the same group", () => {
  expect(names(restOfHouse(visits, people[0]!))).toEqual(["p3"]);
  expect(restOfHouse(visits, people[3]!)).toEqual([]);
});

const TABLE: Record<string, Requirement[]> = {
  pass: [
    { any_of: ["face_photo", "plate_photo"], methods: ["home_visit"] },
    { any_of: ["household_book"], when: "mismatch" },
    { any_of: ["id_card"] },
  ],
  refused: [],
};

test("papers are asked for by method and circumstance, and one of several is enough", () => {
  const visit = { method: "home_visit", result: "pass" };
  const needs = needed(TABLE, visit);
  expect(needs.map(({ any_of }) => any_of[0])).toEqual(["face_photo", "id_card"]);
  expect(lacking(needs, ["plate_photo"]).map(({ any_of }) => any_of[0])).toEqual(["id_card"]);
  expect(needed(TABLE, { ...visit, mismatch: true })).toHaveLength(3);
  expect(needed(TABLE, { method: "consular", result: "pass" })).toHaveLength(1);
  expect(needed(TABLE, { method: "home_visit", result: "refused" })).toEqual([]);
});

test("what belongs to another result is not filed", () => {
  const typed = { method: "village", happened_on: "2026-10-01", declared: true, mismatch: false, note: "" };
  expect(finding({ ...typed, result: "pass" })).toEqual({ method: "village", result: "pass" });
  expect(finding({ ...typed, result: "custody" })).toEqual({ method: "village", result: "custody", happened_on: "2026-10-01" });
  expect(finding({ ...typed, result: "death" })).toMatchObject({ happened_on: "2026-10-01", declared: true });
});

const blob = (size: number): Blob => ({ size }) as Blob;

test("a picture is made worse before it is made smaller, and no further than needed", async () => {
  const asked: [number, number][] = [];
  const encode = vi.fn((scale: number, quality: number) => {
    asked.push([scale, quality]);
    return Promise.resolve(blob(asked.length === 6 ? 299_999 : 300_001));
  });
  expect((await squeeze(encode)).size).toBe(299_999);
  expect(asked.map(([scale]) => scale)).toEqual([1, 1, 1, 1, 0.8, 1]);
  expect(asked[5]![1]).toBeLessThan(asked[4]![1]);
});

test("what never becomes small enough is refused and not sent large", async () => {
  await expect(squeeze(() => Promise.resolve(blob(300_001)))).rejects.toBeInstanceOf(Unfit);
});
