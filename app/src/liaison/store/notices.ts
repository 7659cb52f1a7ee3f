/** Notices on the phone: read without a signal, and the office told of it later. */

import { api, Failure, type Schemas } from "@/api/client";
import { plain, type Notice, type Store } from "./database";

type Told = Pick<Schemas["SyncAnswer"], "notices" | "feedback">;

/** Marks a notice as read at `now`, and the messages that announced it. */
export async function readNotice(db: Store, notice: Notice, now: number): Promise<void> {
  const read_at = new Date(now).toISOString();
  await db.transaction("rw", db.notices, db.messages, async () => {
    await db.notices.update(notice.id, { read_at, told: 0 });
    await db.messages
      .filter((each) => each.read_at === null && each.params["notice"] === notice.id)
      .modify({ read_at, told: 0 });
  });
}

/** What was read and the server does not know of yet. */
export function unreported(db: Store): Promise<Notice[]> {
  return db.notices.where("told").equals(0).toArray();
}

/** Puts what the offices said in the place of what was here; what was read meanwhile stays so. */
export async function keepTold(db: Store, answer: Told, marks: readonly Notice[]): Promise<void> {
  if (answer.notices) {
    const read = new Map(marks.map((mark) => [`${mark.id} ${mark.version}`, mark.read_at]));
    await db.notices.clear();
    await db.notices.bulkPut(
      answer.notices.map((notice): Notice => {
        const read_at = read.get(`${notice.id} ${notice.version}`);
        return notice.read_at || !read_at ? notice : { ...notice, read_at, told: 0 };
      }),
    );
  }
  if (answer.feedback) {
    await db.feedback.clear();
    await db.feedback.bulkPut(plain(answer.feedback));
  }
}

/** Tells the server what was read meanwhile. */
export async function reportRead(db: Store): Promise<void> {
  for (const { id, version, read_at } of await unreported(db)) {
    if (!read_at) continue;
    const params = { path: { number: id } };
    const answer = await api.POST("/api/v1/notices/{number}/read", { params, body: { version, read_at } });
    const { status } = answer.response;
    if (status >= 500 || status === 429) throw new Failure("busy");
    await db.notices.where("id").equals(id).and((each) => each.version === version).modify((notice) => delete notice.told);
  }
}
