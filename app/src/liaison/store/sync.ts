/** Brings what the server knows to the phone: everything once, then only what changed. */

import { api, Failure, given, type Schemas } from "@/api/client";
import { fact, FROM_SERVER, note, type Store } from "./database";

type Answer = Schemas["SyncAnswer"];

/** Fetches what changed and stores it in one go. One tab at a time. Throws Failure. */
export async function pull(db: Store): Promise<void> {
  await navigator.locks.request(`${db.name}-sync`, async () => {
    await report(db);
    const cursor = await fact(db, "cursor");
    try {
      await store(db, cursor, await ask(cursor));
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "refused") throw error;
      if (error.problem?.code === "forbidden") return revoke(db);
      if (error.problem?.code !== "bad_cursor") throw error;
      await store(db, undefined, await ask(undefined));
    }
  });
}

interface Heard {
  answer: Answer;
  /** Server's clock minus the phone's, in milliseconds, give or take half the answer's way. */
  skew: number;
}

async function ask(cursor: string | undefined): Promise<Heard> {
  const sent = Date.now();
  const query = cursor === undefined ? {} : { cursor };
  const answer = given(await api.GET("/api/v1/sync", { params: { query } }));
  return { answer, skew: skewOf(answer.server_time, sent, Date.now()) };
}

export function skewOf(serverTime: string, sent: number, received: number): number {
  return Math.round(Date.parse(serverTime) - (sent + received) / 2);
}

async function store(db: Store, cursor: string | undefined, heard: Heard): Promise<void> {
  const { answer, skew } = heard;
  await db.transaction("rw", FROM_SERVER, async () => {
    if (answer.full) await Promise.all(FROM_SERVER.map((name) => db.table(name).clear()));
    if (answer.full || answer.cursor !== cursor) await bring(db, answer);
    await note(db, "cursor", answer.cursor);
    await note(db, "skew", skew);
    await note(db, "synced_at", Date.now());
    await note(db, "revoked", false);
  });
}

async function bring(db: Store, answer: Answer): Promise<void> {
  const villages = answer.villages ?? [];
  const mine = villages.map((village) => village.key);
  await db.villages.clear();
  await db.villages.bulkPut(villages);
  await db.obligations.bulkPut(answer.obligations ?? []);
  // A village that is no longer the account's takes what was stored of it along.
  await db.obligations.where("village").noneOf(mine).delete();
  await db.forms.bulkPut(answer.forms ?? []);
  const messages = answer.messages ?? [];
  await db.messages.bulkPut(messages.map((message) => ({ ...message })));
}

/** No post is left: nothing of a village stays but what was filed or begun on this phone. */
async function revoke(db: Store): Promise<void> {
  await db.transaction("rw", FROM_SERVER, async () => {
    await Promise.all(FROM_SERVER.map((name) => db.table(name).clear()));
    await note(db, "revoked", true);
  });
}

/** Marks a message read, here at once and at the server when it can be reached. */
export async function read(db: Store, id: string, now: number): Promise<void> {
  await db.messages.update(id, { read_at: new Date(now).toISOString(), told: 0 });
}

/** Tells the server what was read meanwhile. */
async function report(db: Store): Promise<void> {
  for (const { id } of await db.messages.where("told").equals(0).toArray()) {
    const params = { path: { message: id } };
    const answer = await api.POST("/api/v1/messages/{message}/read", { params });
    if (answer.response.status >= 500) throw new Failure("busy");
    await db.messages.where("id").equals(id).modify((message) => delete message.told);
  }
}
