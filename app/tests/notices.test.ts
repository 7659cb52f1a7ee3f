import { afterEach, beforeEach, expect, test } from "vitest";
import { keep } from "@/api/session";
import { open, type Notice, type Store } from "@/liaison/store/database";
import { sendLetters, write } from "@/liaison/store/letters";
import { readNotice } from "@/liaison/store/notices";
import { pull } from "@/liaison/store/sync";
import { json, problem, serve, unreachable } from "./server";

let db: Store;
beforeEach(() => {
  keep({ account: "a", name: "王芳", access: "access", refresh: "refresh" });
  db = open(crypto.randomUUID());
});
afterEach(() => db.delete());

const NOW = Date.parse("2026-11-04T02:00:00Z");
const notice = (changes: Partial<Notice> = {}): Notice => ({
  id: "n1",
  version: 1,
  office_name: "城关镇",
  title: "认证通知",
  body: "请于本月内完成。",
  published_at: "2026-11-03T02:00:00Z",
  version_at: "2026-11-03T02:00:00Z",
  ...changes,
});
const answer = (changes: object) => ({ cursor: "one", server_time: "2026-11-04T02:00:00Z", ...changes });
const message = (id: string, params: object) => ({
  id,
  kind: "notice",
  text: "",
  params: params as Record<string, unknown>,
  delivered_at: "2026-11-03T02:00:00Z",
  read_at: null,
});

test("read without a signal, the server hears of it before anything else is asked", async () => {
  await db.notices.put(notice());
  await db.messages.bulkPut([message("m1", { notice: "n1" }), message("m2", { notice: "n2" })]);
  await readNotice(db, notice(), NOW);
  serve(unreachable);
  await expect(pull(db)).rejects.toMatchObject({ kind: "offline" });
  const asked = serve(({ path }) => (path.includes("/sync") ? json(answer({})) : new Response(null, { status: 204 })));
  await pull(db);
  expect(asked.map((each) => each.path)).toEqual([
    "/api/v1/messages/m1/read",
    "/api/v1/notices/n1/read",
    "/api/v1/sync",
  ]);
  expect(asked[1]?.body).toEqual({ version: 1, read_at: "2026-11-04T02:00:00.000Z" });
  expect((await db.messages.get("m2"))?.read_at).toBeNull();
  expect(await db.notices.get("n1")).not.toHaveProperty("told");
});

test("a mark set while the list is under way stays, and one of an older version does not", async () => {
  await db.notices.bulkPut([notice(), notice({ id: "n2" })]);
  serve(async () => {
    await readNotice(db, notice(), NOW);
    await readNotice(db, notice({ id: "n2" }), NOW);
    return json(answer({ full: true, notices: [notice(), notice({ id: "n2", version: 2 })], feedback: [] }));
  });
  await pull(db);
  expect(await db.notices.get("n1")).toMatchObject({ told: 0, read_at: "2026-11-04T02:00:00.000Z" });
  expect((await db.notices.get("n2"))?.read_at).toBeUndefined();
});

test("notices that have not changed are not sent, and stay", async () => {
  await db.notices.put(notice());
  serve(() => json(answer({ notices: null, feedback: null })));
  await pull(db);
  expect(await db.notices.count()).toBe(1);
  serve(() => json(answer({ cursor: "two", notices: [], feedback: [] })));
  await pull(db);
  expect(await db.notices.count()).toBe(0);
});

const content = { kind: "complaint", text: "报表太多。", region: "990101100201", to: "county" } as const;

test("what is written waits for a signal and goes with the id it was given", async () => {
  const id = await write(db, content, NOW);
  serve(unreachable);
  await expect(sendLetters(db)).rejects.toMatchObject({ kind: "offline" });
  expect(await db.letters.get(id)).toMatchObject({ state: "waiting" });
  const asked = serve(({ body }) => json({ ...body, state: "waiting", steps: [] }, 201));
  await Promise.all([sendLetters(db), sendLetters(db)]);
  expect(asked.map((each) => each.body["id"])).toEqual([id]);
  expect(await db.letters.count()).toBe(0);
  expect(await db.feedback.get(id)).toMatchObject({ text: "报表太多。", written_at: "2026-11-04T02:00:00.000Z" });
});

test("what the server refuses is kept with the reason, and holds up nothing else", async () => {
  const first = await write(db, content, NOW);
  await write(db, { ...content, text: "另一条。" }, NOW);
  serve(({ body }) => (body["id"] === first ? problem("not_found", 404) : json({ ...body, steps: [] }, 201)));
  await sendLetters(db);
  expect(await db.letters.toArray()).toMatchObject([{ id: first, state: "refused", problem: { code: "not_found" } }]);
  expect(await db.feedback.count()).toBe(1);
});
