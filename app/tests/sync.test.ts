import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keep } from "@/api/session";
import { fact, note, open, type Store } from "@/liaison/store/database";
import { keepDraft } from "@/liaison/store/drafts";
import { pull, read } from "@/liaison/store/sync";
import { duty, filing } from "./examples";
import { json, problem, serve } from "./server";

let db: Store;
beforeEach(() => {
  keep({ account: "a", name: "王芳", access: "access", refresh: "refresh" });
  db = open(crypto.randomUUID());
});
afterEach(() => db.delete());

const village = (key: string) => ({
  key,
  name: key,
  township: null,
  township_name: null,
  is_backup: false,
});
const answer = (changes: object) => ({
  cursor: "one",
  server_time: "2026-11-04T02:00:00Z",
  full: true,
  villages: [village("990101100201")],
  obligations: [duty()],
  ...changes,
});

test("everything once, then only what changed since the cursor", async () => {
  vi.setSystemTime("2026-11-04T02:05:00Z");
  const asked = serve(() => json(answer({})));
  await pull(db);
  expect(await fact(db, "skew")).toBe(-300_000);
  serve(() => json(answer({ cursor: "two", full: false, obligations: [duty({ id: 2 })] })));
  await pull(db);
  expect(await db.obligations.toCollection().primaryKeys()).toEqual([1, 2]);
  expect(asked.map((each) => each.path)).toEqual(["/api/v1/sync"]);
  const later = serve(() => json({ cursor: "two", server_time: "2026-11-04T02:00:00Z" }));
  await pull(db);
  expect(later[0]?.path).toBe("/api/v1/sync?cursor=two");
  expect(await db.villages.count()).toBe(1);
});

test("a village that is no longer the account's leaves the phone", async () => {
  const other = duty({ id: 2, village: "990101100202" });
  const both = [village("990101100201"), village("990101100202")];
  serve(() => json(answer({ villages: both, obligations: [duty(), other] })));
  await pull(db);
  serve(() => json(answer({ cursor: "two", full: false, obligations: [] })));
  await pull(db);
  expect(await db.obligations.toCollection().primaryKeys()).toEqual([1]);
});

test("without any post nothing of a village stays, but what was filed or begun here does", async () => {
  serve(() => json(answer({})));
  await pull(db);
  await db.outbox.put(filing());
  await keepDraft(db, { obligation: 1, village: "v", answers: {}, reasons: {}, remark: "" });
  serve(() => problem("forbidden", 403));
  await pull(db);
  expect(await db.obligations.count()).toBe(0);
  expect(await fact(db, "revoked")).toBe(true);
  expect([await db.outbox.count(), await db.drafts.count()]).toEqual([1, 1]);
});

test("a cursor the server no longer knows starts anew", async () => {
  await note(db, "cursor", "old");
  await db.obligations.put(duty({ id: 9 }));
  serve(({ path }) => (path.includes("cursor") ? problem("bad_cursor", 400) : json(answer({}))));
  await pull(db);
  expect(await db.obligations.toCollection().primaryKeys()).toEqual([1]);
});

test("a failed answer leaves what was there", async () => {
  await db.obligations.put(duty({ id: 9 }));
  serve(() => problem("server_error", 500));
  await expect(pull(db)).rejects.toMatchObject({ kind: "busy" });
  expect(await db.obligations.count()).toBe(1);
});

test("what was read without a signal is told at the next exchange, once", async () => {
  const message = { id: "m", kind: "nudge", text: "", params: {}, delivered_at: "2026", read_at: null };
  await db.messages.put(message);
  await read(db, "m", 0);
  const asked = serve(({ method }) =>
    method === "POST" ? new Response(null, { status: 204 }) : json(answer({ full: false })),
  );
  await pull(db);
  await pull(db);
  expect(asked.filter((each) => each.method === "POST").map((each) => each.path)).toEqual([
    "/api/v1/messages/m/read",
  ]);
});

const pensioner = (id: string, key = "990101100201") => ({
  id,
  village: key,
  name: `张桂${id}`,
  id_number: "9901**********0016",
  born: 1948,
  insurance_type: "resident",
});

test("pensioners come with their county's table of papers, which is asked for twice a day", async () => {
  vi.setSystemTime("2026-11-04T02:05:00Z");
  const table = { papers: { refused: [] }, labels: {} };
  const reply = ({ path }: { path: string }): Response =>
    json(path === "/api/v1/certification/papers" ? table : answer({ pensioners: [pensioner("1")] }));
  const asked = serve(reply);
  await pull(db);
  await db.facts.delete("cursor");
  expect(await db.pensioners.count()).toBe(1);
  expect((await fact(db, "papers"))?.papers).toEqual({ refused: [] });
  serve(() => json({ cursor: "one", server_time: "2026-11-04T02:00:00Z" }));
  await pull(db);
  vi.setSystemTime("2026-11-04T15:00:00Z");
  const later = serve(reply);
  await pull(db);
  const papers = [asked, later].map((all) => all.filter(({ path }) => path.endsWith("/papers")).length);
  expect(papers).toEqual([1, 1]);
});

test("who left the list or the village leaves the phone, with what was owed for them", async () => {
  const people = [pensioner("1"), pensioner("2"), pensioner("3", "990101100202")];
  const both = [village("990101100201"), village("990101100202")];
  const duties = [duty({ id: 1 }), duty({ id: 2 })];
  serve(({ path }) => json(path.endsWith("/papers") ? { papers: {}, labels: {} } : answer({ villages: both, obligations: duties, pensioners: people })));
  await pull(db);
  const removed = { pensioners: ["2"], obligations: [2] };
  serve(() => json(answer({ cursor: "two", full: false, obligations: [], removed })));
  await pull(db);
  expect(await db.pensioners.toCollection().primaryKeys()).toEqual(["1"]);
  expect(await db.obligations.toCollection().primaryKeys()).toEqual([1]);
});
