import { expect, test } from "vitest";
import { open } from "@/liaison/store/database";
import { keepChange } from "@/liaison/store/ledger";
import { owed, rescue } from "@/liaison/store/rescue";
import { filing } from "./examples";

test("the rescue file holds what the server has not taken, as it would be sent", async () => {
  const db = open(crypto.randomUUID());
  const waiting = filing({ id: "w", filed_at: 1 });
  await db.outbox.bulkPut([filing({ id: "r", state: "refused", filed_at: 2 }), waiting, filing({ id: "s", state: "sent" })]);
  const about = { resident: "p", village: "v", name: "李大" };
  await keepChange(db, { ...about, kind: "update", fields: { status: "flex" } });
  const sent = await keepChange(db, { ...about, kind: "death", fields: {} });
  await db.changes.update(sent, { state: "sent" });
  const found = await owed(db);
  expect(found.filings.map((each) => each.id)).toEqual(["w", "r"]);
  const { file, left } = await rescue(db, "a", Date.parse("2026-11-06T02:00:00Z"));
  expect(left).toEqual([]);
  expect(JSON.parse(await file.text())).toEqual({
    cunbao: "rescue",
    version: 1,
    account: "a",
    device_time: "2026-11-06T02:00:00.000Z",
    items: found.filings.map((each) => each.body),
    changes: [found.changes[0]!.body],
    missing: [],
    photos: [],
  });
  expect(found.changes[0]!.body).toMatchObject({ resident: "p", kind: "update", fields: { status: "flex" } });
  await db.delete();
});
