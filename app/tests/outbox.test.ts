import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Failure } from "@/api/client";
import { keep } from "@/api/session";
import { fact, note, open, type Store } from "@/liaison/store/database";
import { keepDraft } from "@/liaison/store/drafts";
import { file, flush, reopen } from "@/liaison/store/outbox";
import { duty, filing } from "./examples";
import { json, problem, serve, unreachable, type Asked } from "./server";

let db: Store;
beforeEach(() => {
  keep({ account: "a", name: "王芳", access: "access", refresh: "refresh" });
  db = open(crypto.randomUUID());
});
afterEach(() => db.delete());

const NOW = "2026-11-06T02:00:00+00:00";
type Item = { id: string; obligation: number };

function taken({ body }: Asked, outcome = "created"): Response {
  const items = (body["items"] as Item[]).map((item, index) => ({
    index,
    outcome,
    id: item.id,
    receipt: `1000 ${item.obligation}`,
    received_at: NOW,
    counted_at: NOW,
    counted_by: "received",
  }));
  return json({ server_time: NOW, items });
}

const states = async (): Promise<string[]> =>
  (await db.outbox.orderBy("obligation").toArray()).map((each) => each.state);

test("filing takes the draft's place, with the phone's clock and the skew beside it", async () => {
  vi.setSystemTime("2026-11-08T02:00:00Z");
  await note(db, "skew", -172_800_000);
  await keepDraft(db, { obligation: 1, village: "v", answers: { a: 1 }, reasons: {}, remark: "" });
  const id = await file(db, duty(), { kind: "report", answers: { a: 1 } });
  expect(await db.drafts.count()).toBe(0);
  expect(await db.outbox.get(id)).toMatchObject({
    state: "waiting",
    skew: -172_800_000,
    body: { captured_at: "2026-11-08T02:00:00.000Z", answers: { a: 1 }, zero_confirmed: false },
  });
});

test("a zero report carries its confirmation and no answers", async () => {
  const id = await file(db, duty(), { kind: "zero", answers: { a: 1 } });
  expect((await db.outbox.get(id))?.body).toMatchObject({ zero_confirmed: true, answers: {} });
});

test("what the server stored has its receipt, and the clocks were compared", async () => {
  vi.setSystemTime("2026-11-08T02:00:00Z");
  await file(db, duty(), { kind: "zero" });
  const asked = serve(taken);
  await flush(db);
  const [sent] = await db.outbox.toArray();
  expect(sent).toMatchObject({ state: "sent", receipt: "1000 1", counted_at: NOW });
  expect(asked[0]?.body["device_time"]).toBe("2026-11-08T02:00:00.000Z");
  expect(await fact(db, "skew")).toBe(-172_800_000);
});

test("each item has its own outcome; one bad fails no other", async () => {
  await db.outbox.bulkPut([1, 2, 3].map((n) => filing({ obligation: n, filed_at: n })));
  serve(async (asked) => {
    const answer = (await taken(asked).json()) as { items: Record<string, unknown>[] };
    answer.items[1] = { index: 1, outcome: "rejected", problem: { code: "period_closed", title: "截止" } };
    return json(answer);
  });
  await flush(db);
  expect(await states()).toEqual(["sent", "refused", "sent"]);
  const refused = await db.outbox.where("state").equals("refused").first();
  expect(refused?.problem?.code).toBe("period_closed");
});

test("a duplicate is as good as the first time", async () => {
  await db.outbox.put(filing());
  serve((asked) => taken(asked, "duplicate"));
  await flush(db);
  expect(await states()).toEqual(["sent"]);
});

test.each([
  ["no signal", unreachable, "offline"],
  ["a server in trouble", () => problem("server_error", 500), "busy"],
  ["a busy server", () => problem("unavailable", 503), "busy"],
  ["something else that answers for it", () => new Response("<html>", { status: 502 }), "busy"],
])("%s: everything goes on waiting", async (_, reply, kind) => {
  await db.outbox.bulkPut([filing({ obligation: 1 }), filing({ obligation: 2 })]);
  serve(reply);
  await expect(flush(db)).rejects.toMatchObject({ kind });
  expect(await states()).toEqual(["waiting", "waiting"]);
});

test("a hanging server is given up after half a minute", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await db.outbox.put(filing());
  vi.stubGlobal(
    "fetch",
    (request: Request) =>
      new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason))),
  );
  const flushed = expect(flush(db)).rejects.toBeInstanceOf(Failure);
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
  await vi.advanceTimersByTimeAsync(30_000);
  await flushed;
  expect(await states()).toEqual(["waiting"]);
});

test("a batch too large is halved until only what is too large itself is refused", async () => {
  await db.outbox.bulkPut([1, 2, 3, 4, 5].map((n) => filing({ obligation: n, filed_at: n })));
  serve((asked) => {
    const items = asked.body["items"] as Item[];
    return items.some((item) => item.obligation === 3) ? problem("too_large", 413) : taken(asked);
  });
  await flush(db);
  expect(await states()).toEqual(["sent", "sent", "refused", "sent", "sent"]);
});

test("two senders at once send each thing once", async () => {
  await db.outbox.bulkPut(Array.from({ length: 45 }, (_, n) => filing({ obligation: n, filed_at: n })));
  const asked = serve(async (each) => {
    await new Promise((done) => setTimeout(done, 5));
    return taken(each);
  });
  await Promise.all([flush(db), flush(db)]);
  const sent = asked.flatMap((each) => (each.body["items"] as Item[]).map((item) => item.id));
  expect(sent).toHaveLength(45);
  expect(new Set(sent).size).toBe(45);
});

test("without a receipt nothing counts as sent", async () => {
  await db.outbox.put(filing());
  serve(() => json({ server_time: NOW, items: [{ index: 0, outcome: "created" }] }));
  await flush(db);
  expect(await states()).toEqual(["refused"]);
});

test("an answer that leaves an item out leaves everything waiting", async () => {
  await db.outbox.put(filing());
  serve(() => json({ server_time: NOW, items: [] }));
  await expect(flush(db)).rejects.toMatchObject({ kind: "busy" });
  expect(await states()).toEqual(["waiting"]);
});

test("what was refused becomes a draft again, but never over a newer one", async () => {
  const refused = filing({ state: "refused", body: { id: "x", obligation: 1, remark: "old" } });
  await db.outbox.put(refused);
  await reopen(db, refused);
  expect(await db.drafts.get(1)).toMatchObject({ remark: "old" });
  expect(await db.outbox.count()).toBe(0);
  await keepDraft(db, { obligation: 1, village: "v", answers: {}, reasons: {}, remark: "new" });
  await reopen(db, refused);
  expect(await db.drafts.get(1)).toMatchObject({ remark: "new" });
});
