/** Suggestions and complaints on their way: written without a signal, and arriving once. */

import { api, Failure, given, type Schemas } from "@/api/client";
import { plain, type Letter, type Store } from "./database";

type Content = Pick<Schemas["FeedbackIn"], "kind" | "text" | "region" | "to">;

/** Keeps what was written, at `now` by the server's clock, until it is sent. Gives the id. */
export async function write(db: Store, content: Content, now: number): Promise<string> {
  const id = crypto.randomUUID();
  const body = { ...plain(content), id, written_at: new Date(now).toISOString() };
  await db.letters.put({ id, body, state: "waiting" });
  return id;
}

/** Sends what waits, one tab at a time. Throws Failure when the server can't be reached now. */
export async function sendLetters(db: Store): Promise<void> {
  await navigator.locks.request(`${db.name}-letters`, async () => {
    for (const letter of await db.letters.where("state").equals("waiting").toArray()) await post(db, letter);
  });
}

async function post(db: Store, letter: Letter): Promise<void> {
  try {
    const stored = given(await api.POST("/api/v1/feedback", { body: letter.body }));
    await db.transaction("rw", db.letters, db.feedback, async () => {
      await db.feedback.put(stored);
      await db.letters.delete(letter.id);
    });
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "refused") throw error;
    await db.letters.put({ ...letter, state: "refused", problem: error.problem! });
  }
}
