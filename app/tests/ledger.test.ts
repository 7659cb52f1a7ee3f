import { afterEach, beforeEach, expect, test } from "vitest";
import { Failure } from "@/api/client";
import { keep } from "@/api/session";
import { differing, missing, workOf } from "@/liaison/ledger/choices";
import { open, type Resident, type Store } from "@/liaison/store/database";
import { flushChanges, giveUp, keepChange, overlaid, sendAgain, type Wish } from "@/liaison/store/ledger";
import { pull } from "@/liaison/store/sync";
import { identity, masked } from "@/rules/identity";
import { ledgerFigures, leavesAt, monthNumber, type Counted } from "@/rules/ledger";
import cases from "../../tests/cases/ledger.json";
import { json, problem, serve, unreachable, type Asked } from "./server";

let db: Store;
beforeEach(() => {
  keep({ account: "a", name: "王芳", access: "access", refresh: "refresh" });
  db = open(crypto.randomUUID());
});
afterEach(() => db.delete());

const NOW = "2026-11-06T02:00:00+00:00";

test.each(cases.ages)("working age of $born $female", ({ born, female, leaves }) => {
  expect(leavesAt(born, female)).toBe(monthNumber(leaves));
});

test.each(cases.figures)("$name", ({ month, residents, figures }) => {
  expect(ledgerFigures(residents as Counted[], month)).toEqual(figures);
});

test("an identity number tells month and sex, or is none", () => {
  expect(identity("11010519491231002x")).toEqual({
    text: "11010519491231002X",
    born: "1949-12",
    female: true,
  });
  expect(identity("４４０３０８１９９９０１１０１５１２")?.born).toBe("1999-01");
  for (const wrong of ["110101199003074515", "990101199002304510", "1", ""]) expect(identity(wrong)).toBe(null);
  expect(masked("11010519491231002X")).toBe("1101**********002X");
});

function person(changes: Partial<Resident> = {}): Resident {
  const shown = { id_number: "9901**********0012", born: "1985-06", status: "farm" as const };
  return { id: "p", village: "v", name: "李大", ...shown, ...changes };
}

function wish(fields: Record<string, unknown>, changes: Partial<Wish> = {}): Wish {
  return { kind: "update", resident: "p", village: "v", name: "李大", fields, ...changes };
}

function taken({ body }: Asked): Response {
  const items = (body["items"] as { id: string }[]).map(({ id }, index) => ({
    index,
    outcome: "created",
    id,
    receipt: "1000 0001",
    received_at: NOW,
  }));
  return json({ server_time: NOW, items });
}

test("a change shows at once, is sent with its receipt, and stays until then", async () => {
  await db.residents.put(person());
  await keepChange(db, wish({ status: "flex" }));
  const shown = overlaid(await db.residents.toArray(), await db.changes.toArray());
  expect(shown).toEqual([person({ status: "flex" })]);
  serve(unreachable);
  await expect(flushChanges(db)).rejects.toThrow(Failure);
  expect((await db.changes.toArray())[0]?.state).toBe("waiting");
  const asked = serve(taken);
  await flushChanges(db);
  expect(asked).toHaveLength(1);
  expect(await db.changes.toArray()).toMatchObject([{ state: "sent", receipt: "1000 0001" }]);
  expect(await db.residents.get("p")).toEqual(person({ status: "flex" }));
});

test("somebody new is shown masked, and the number goes once it has arrived", async () => {
  const idNumber = "440308199901101512";
  await keepChange(
    db,
    wish({ name: "王五", status: "farm", phone: "13800001234" }, { kind: "new", resident: "n", name: "王五", idNumber }),
  );
  const [shown] = overlaid([], await db.changes.toArray());
  expect(shown).toMatchObject({ name: "王五", born: "1999-01", id_number: "4403**********1512", female: false });
  const [asked] = [serve(taken)];
  await flushChanges(db);
  expect(JSON.stringify(asked[0]?.body)).toContain(idNumber);
  const stored = JSON.stringify([await db.changes.toArray(), await db.residents.toArray()]);
  expect(stored).not.toContain(idNumber);
  expect(stored).not.toContain("13800001234");
});

test("who has left is no longer shown", async () => {
  await keepChange(db, wish({}, { kind: "death" }));
  expect(overlaid([person()], await db.changes.toArray())).toEqual([]);
});

test("what is refused is kept with its reason, and what the server knows shows", async () => {
  await db.residents.put(person());
  await keepChange(db, wish({ status: "flex" }));
  const why = { type: "", title: "", status: 409, code: "resident_gone", params: {} };
  serve(() => json({ server_time: NOW, items: [{ index: 0, outcome: "rejected", problem: why }] }));
  await flushChanges(db);
  const [refused] = await db.changes.toArray();
  expect(refused).toMatchObject({ state: "refused", problem: { code: "resident_gone" } });
  expect(overlaid([person()], [refused!])).toEqual([person()]);
  await sendAgain(db, refused!);
  expect((await db.changes.toArray())[0]).toMatchObject({ state: "waiting" });
  await giveUp(db, refused!);
  expect(await db.changes.count()).toBe(0);
});

test("a field in which something later holds is not taken over", async () => {
  await db.residents.put(person({ status: "unemployed" }));
  await keepChange(db, wish({ status: "flex", job_wish: true }));
  serve(({ body }) => {
    const [{ id } = { id: "" }] = body["items"] as { id: string }[];
    const outcome = { index: 0, outcome: "created", id, receipt: "1", outdated: ["status"] };
    return json({ server_time: NOW, items: [outcome] });
  });
  await flushChanges(db);
  expect(await db.residents.get("p")).toEqual(person({ status: "unemployed", job_wish: true }));
});

test("a batch that is too large goes in parts", async () => {
  for (let each = 0; each < 4; each += 1) await keepChange(db, wish({ status: "flex" }));
  const sizes: number[] = [];
  serve((asked) => {
    sizes.push((asked.body["items"] as unknown[]).length);
    return sizes.length === 1 ? problem("too_large", 413) : taken(asked);
  });
  await flushChanges(db);
  expect(sizes).toEqual([4, 2, 2]);
});

test("people come by sync, go when removed, and with their village", async () => {
  const villages = [{ key: "v", name: "王家庄", township: null, township_name: null, is_backup: false }];
  const answers = [
    { cursor: "1", server_time: NOW, full: true, villages, residents: [person(), person({ id: "q" })] },
    { cursor: "2", server_time: NOW, villages, residents: [person({ status: "flex" })], removed: { residents: ["q"] } },
    { cursor: "3", server_time: NOW, villages: [] },
  ];
  serve(() => json(answers.shift()));
  await pull(db);
  expect(await db.residents.count()).toBe(2);
  await pull(db);
  expect(await db.residents.toArray()).toEqual([person({ status: "flex" })]);
  await pull(db);
  expect(await db.residents.count()).toBe(0);
});

test("days of leaving and coming back follow the place; what must be said is asked for", () => {
  const away = { ...workOf(person()), status: "flex", work_place: "out", work_region: "苏州" };
  expect(differing(person(), away, "2026-11-23")).toEqual({
    status: "flex",
    work_place: "out",
    work_region: "苏州",
    leave_date: "2026-11-23",
  });
  const gone = person({ status: "flex", work_place: "out", work_region: "苏州", leave_date: "2026-03-01" });
  expect(differing(gone, { ...workOf(gone), status: "unemployed" }, "2026-11-23")).toEqual({
    status: "unemployed",
    work_place: null,
    work_region: "",
    return_date: "2026-11-23",
  });
  expect(missing(workOf(undefined))).toEqual(["status"]);
  expect(missing({ ...away, status: "unit", work_region: "" })).toEqual(["employer", "region"]);
  expect(differing(gone, workOf(gone), "2026-11-23")).toEqual({});
});

test("2,000 people with 50 changes are put together in well under 100 ms", () => {
  const people = Array.from({ length: 2000 }, (_, at) => person({ id: String(at) }));
  const changes = Array.from({ length: 50 }, (_, at) => ({
    id: `c${at}`,
    resident: String(at),
    village: "v",
    name: "",
    kind: "update" as const,
    state: "waiting" as const,
    filed_at: at,
    skew: 0,
    body: { id: "", resident: "", kind: "update" as const, fields: { status: "flex" }, captured_at: "" },
  }));
  const began = performance.now();
  expect(overlaid(people, changes).filter((each) => each.status === "flex")).toHaveLength(50);
  expect(performance.now() - began).toBeLessThan(100);
});
