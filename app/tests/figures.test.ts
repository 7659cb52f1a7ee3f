import { expect, test } from "vitest";
import { figuresOf } from "@/liaison/filing/figures";
import { open, type Obligation, type Resident } from "@/liaison/store/database";

const duty = { id: 1, village: "990101100201", period: "2026-11" } as Obligation;

function people(count: number, village = duty.village): Resident[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `${village}-${n}`,
    village,
    name: "某人",
    born: "1985-06",
    status: n % 2 === 0 ? "farm" : "unemployed",
    female: false,
  })) as unknown as Resident[];
}

test("a report starts from the ledger once it holds half the village", async () => {
  const db = open("figures");
  await db.residents.bulkPut([...people(10), ...people(5, "990101100202")]);
  const found = await figuresOf(db, duty, { wa_total: 18 });
  expect(found).toMatchObject({ wa_total: 10, emp_farm: 5, unemployed: 5 });
  expect(await figuresOf(db, duty, { wa_total: 21 })).toEqual({});
  expect(await figuresOf(db, duty, null)).toMatchObject({ wa_total: 10 });
  expect(await figuresOf(db, { ...duty, period: "2026-W45" }, null)).toEqual({});
  expect(await figuresOf(db, { ...duty, village: "990101100203" }, null)).toEqual({});
});
