import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keep, session } from "@/api/session";
import { open, type Photo, type Store } from "@/liaison/store/database";
import { file, flush, reopen } from "@/liaison/store/outbox";
import { remove, take, takeBack } from "@/liaison/store/photos";
import { rescue } from "@/liaison/store/rescue";
import { sendAgain, upload } from "@/liaison/store/uploads";
import { duty, filing } from "./examples";
import { json, problem, serve, unreachable, type Asked } from "./server";

let db: Store;
beforeEach(() => {
  keep({ account: "a", name: "王芳", access: "access", refresh: "refresh" });
  db = open(crypto.randomUUID());
});
afterEach(() => db.delete());

const HOME = { method: "home_visit", result: "pass" };
const paper = (text = "%PDF-1.4 one"): File => new File([text], "张桂1.pdf", { type: "application/pdf" });
const taking = (text?: string): Promise<Photo> =>
  take(db, duty(), { file: paper(text), evidence: "village_statement", from_gallery: true });

async function filed(...texts: string[]): Promise<string> {
  const photos: Photo[] = [];
  for (const text of texts) photos.push(await taking(text));
  return await file(db, duty(), { kind: "report", answers: HOME, photos, person: "张桂1" });
}

/** A server that takes forms, and answers for photos as told. */
function server(photos: (asked: Asked, order: number) => Response): Asked[] {
  let order = 0;
  return serve((asked) => {
    if (asked.path === "/api/v1/sessions/refresh")
      return json({ access_token: "new", refresh_token: "newer" });
    if (asked.path !== "/api/v1/submissions") return photos(asked, order++);
    const items = (asked.body["items"] as { id: string }[]).map(({ id }, index) => ({ index, outcome: "created", id, receipt: "1000 1" }));
    return json({ server_time: "2026-11-06T02:00:00+00:00", items });
  });
}

const known = (size: number): Response =>
  new Response(null, { status: 201, headers: { location: "/api/v1/uploads/x", "upload-offset": String(size) } });
const states = async (): Promise<string[]> => (await db.photos.orderBy("id").toArray()).map((each) => each.state);

test("a photo is kept at once with its hash, and never under its own name", async () => {
  const photo = await taking("%PDF");
  expect(photo).toMatchObject({ state: "taken", filing: "", size: 4, from_gallery: true, kept: true });
  expect(photo.sha256).toBe("315d429b7714cedb6ad04ac31240145257692630457f3c88253c5beceac76027");
  expect(photo.name).toMatch(/^village_statement-\d+\.pdf$/);
  expect(await (await db.contents.get(photo.id))?.bytes.text()).toBe("%PDF");
});

test("empty and too large papers are refused with a reason, and nothing is kept", async () => {
  await expect(taking("")).rejects.toMatchObject({ why: "empty" });
  const large = { size: 20_971_521, type: "application/pdf" } as File;
  await expect(
    take(db, duty(), { file: large, evidence: "id_card", from_gallery: false }),
  ).rejects.toMatchObject({ why: "too_large" });
  expect(await db.photos.count()).toBe(0);
});

test("a full storage loses nothing that was there", async () => {
  const before = await taking("%PDF first");
  vi.spyOn(db.contents, "put").mockRejectedValueOnce(new DOMException("full", "QuotaExceededError"));
  const again = take(db, duty(), { file: paper(), evidence: "id_card", from_gallery: false }, before);
  await expect(again).rejects.toThrow();
  expect(await db.photos.toCollection().primaryKeys()).toEqual([before.id]);
  expect(await db.contents.count()).toBe(1);
});

test("a photo taken again takes the other's place; a removed one leaves nothing", async () => {
  const first = await taking("%PDF first");
  const second = await take(db, duty(), { file: paper(), evidence: "id_card", from_gallery: false }, first);
  expect(await db.contents.toCollection().primaryKeys()).toEqual([second.id]);
  await remove(db, second);
  expect(await db.contents.count()).toBe(0);
});

test("the form names its photos and goes first; what the server knows costs one request", async () => {
  const id = await filed("%PDF one", "%PDF two");
  expect((await db.outbox.get(id))?.body.attachments).toHaveLength(2);
  const asked = server(() => known(8));
  await upload(db);
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /api/v1/submissions",
    "POST /api/v1/uploads",
    "POST /api/v1/uploads",
  ]);
  expect(await states()).toEqual(["sent", "sent"]);
  expect(await db.contents.count()).toBe(0);
});

test("a day of fifty certifications goes once, from two tabs at once", async () => {
  for (let n = 100; n < 150; n++) await filed(`%PDF ${n} f`, `%PDF ${n} c`);
  const asked = server(() => known(10));
  const other = open(db.name.replace("cunbao-", ""));
  await Promise.all([upload(db), upload(other)]);
  other.close();
  const sent = asked.filter(({ path }) => path === "/api/v1/submissions");
  const items = sent.flatMap(({ body }) => body["items"] as { id: string }[]);
  expect(items).toHaveLength(50);
  expect(new Set(items.map(({ id }) => id)).size).toBe(50);
  expect(asked).toHaveLength(sent.length + 100);
  expect(new Set(await states())).toEqual(new Set(["sent"]));
  expect(await db.contents.count()).toBe(0);
});

test("a draft's photos and those of a refused form are not sent", async () => {
  await taking();
  await db.outbox.put(filing({ id: "r", state: "refused" }));
  await db.photos.put({ ...(await taking("%PDF r")), filing: "r", state: "waiting" });
  const asked = server(() => known(0));
  await upload(db);
  expect(asked).toEqual([]);
});

test("without a signal everything goes on waiting", async () => {
  await filed("%PDF one");
  server(() => known(0));
  await flush(db);
  serve(unreachable);
  await expect(upload(db)).rejects.toMatchObject({ kind: "offline" });
  expect(await states()).toEqual(["waiting"]);
  expect(await db.contents.count()).toBe(1);
});

test("refused tokens are renewed once and the photo goes on", async () => {
  await filed("%PDF one");
  const asked = server((_, order) => (order === 0 ? problem("unauthenticated", 401) : known(8)));
  await upload(db);
  expect(session()?.access).toBe("new");
  expect(asked.at(-1)?.token).toBe("Bearer new");
  expect(await states()).toEqual(["sent"]);
});

test("a refused photo keeps its bytes and says why; others go on; it can be sent again", async () => {
  await filed("%PDF one", "%PDF two");
  server((_, order) => (order === 0 ? problem("upload_too_large", 413) : known(8)));
  await upload(db);
  const refused = await db.photos.where("state").equals("refused").first();
  expect(refused?.problem?.code).toBe("upload_too_large");
  expect((await states()).sort()).toEqual(["refused", "sent"]);
  expect(await db.contents.count()).toBe(1);
  await sendAgain(db, refused!);
  server(() => known(8));
  await upload(db);
  expect(await states()).toEqual(["sent", "sent"]);
});

test("a server in trouble or one that answers no sense ends the try and loses nothing", async () => {
  await filed("%PDF one");
  server(() => problem("unavailable", 503));
  await expect(upload(db)).rejects.toMatchObject({ kind: "busy" });
  server(() => problem("upload_busy", 423));
  await expect(upload(db)).rejects.toMatchObject({ kind: "busy" });
  expect(await states()).toEqual(["waiting"]);
});

test("two tabs at once send each photo once", async () => {
  await filed("%PDF one", "%PDF two", "%PDF six");
  const asked = server(() => known(8));
  await Promise.all([upload(db), upload(db)]);
  expect(asked.filter(({ path }) => path === "/api/v1/uploads")).toHaveLength(3);
});

test("what was refused comes back into the draft with its photos", async () => {
  const id = await filed("%PDF one");
  const refused = { ...(await db.outbox.get(id))!, state: "refused" as const };
  await reopen(db, refused);
  expect((await db.photos.toArray())[0]).toMatchObject({ filing: "", state: "taken" });
});

test("photos of a returned filing are named again without their bytes", async () => {
  const id = await filed("%PDF one");
  server(() => known(8));
  await upload(db);
  const submission = { id, revision: 1, receipt: "1", kind: "report", answers: HOME, received_at: "", counted_at: "", counted_by: "received" as const };
  const returned = duty({ stage: "returned", submission });
  await takeBack(db, returned);
  await takeBack(db, returned);
  const drafts = (await db.photos.toArray()).filter((each) => each.state === "taken");
  expect(drafts).toHaveLength(1);
  await file(db, returned, { kind: "report", answers: HOME, photos: drafts });
  const asked = server(() => known(8));
  await upload(db);
  expect(asked).toHaveLength(2);
  expect(await states()).toEqual(["sent", "sent"]);
});

test("bytes that neither phone nor server has are told", async () => {
  await filed("%PDF one");
  await db.contents.clear();
  server(() => known(0));
  await upload(db);
  expect((await db.photos.toArray())[0]?.problem?.code).toBe("photo_gone");
});

interface Handed {
  items: { id: string }[];
  photos: { sha256: string; content: string }[];
  missing: { sha256: string }[];
}

test("the rescue file holds the photos of what is unsent, and of what is sent without them", async () => {
  await filed("%PDF one");
  server(() => problem("upload_too_large", 413));
  await upload(db);
  await filed("%PDF two");
  await taking("%PDF of a draft");
  const made = await rescue(db, "a", 0);
  const content = JSON.parse(await made.file.text()) as Handed;
  expect(content.items).toHaveLength(1);
  expect(content.photos.map((each) => atob(each.content))).toEqual(["%PDF one", "%PDF two"]);
  expect(content.missing).toEqual([]);
});

test("what does not fit into the rescue file is told, by name", async () => {
  await filed("%PDF one", "%PDF three");
  const made = await rescue(db, "a", 0, 10);
  const content = JSON.parse(await made.file.text()) as Handed;
  expect(content.photos).toHaveLength(1);
  expect(content.missing.map((each) => each.sha256)).toEqual([made.left[0]!.sha256]);
});
